import { execFile, spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { MAX_FILE_BYTES } from '../resources/limits.ts';
import { BadInput } from './bad-input.ts';

export interface GitFile {
  readonly path: string;
  readonly text: string;
}

const READ_EXTENSIONS = /\.(ya?ml|json)$/i;
const MAX_LIST_BYTES = 256 * 1024 * 1024;
const run = promisify(execFile);

/**
 * The files of YAML and JSON under a path of a revision, read from git's objects: nothing is checked out, and no shell
 * sees the names. `path` counts from the root of the repository, as in `git show REV:PATH`.
 */
export async function readGitTree(revision: string, path: string): Promise<GitFile[]> {
  const tree = await git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{tree}`]).catch(
    (cause) => {
      throw new BadInput(`git knows no revision ${JSON.stringify(revision)} here`, {
        why: 'it is no commit, branch or tag of the repository in which foresail runs',
        fix: 'Write git:REVISION or git:REVISION:PATH; `git log --oneline` lists revisions.',
        cause,
      });
    },
  );
  const wanted = path.replace(/^\.?\/+|\/+$/g, '');
  const args = ['ls-tree', '-r', '-z', '--full-tree', tree.trim()];
  const listed = await git(wanted === '' ? args : [...args, '--', wanted]);
  const entries = listed
    .split('\0')
    .flatMap((entry) => {
      const tab = entry.indexOf('\t');
      const [, type, id] = entry.slice(0, tab).split(' ');
      const name = entry.slice(tab + 1);
      return type === 'blob' && id !== undefined && (READ_EXTENSIONS.test(name) || name === wanted)
        ? [{ id, name }]
        : [];
    })
    .filter(({ name }) => !name.split('/').some((part) => part === 'node_modules' || part.startsWith('.')));
  if (entries.length === 0) {
    throw new BadInput(`${revision} holds no YAML${wanted === '' ? '' : ` under ${wanted}`}`, {
      fix: 'Paths count from the root of the repository: git:HEAD~1:deploy/mesh.',
    });
  }
  return readBlobs(entries);
}

/** One process for all of them: `<id> blob <size>\n<content>\n` each, in the order asked for. */
async function readBlobs(entries: readonly { readonly id: string; readonly name: string }[]): Promise<GitFile[]> {
  const child = spawn('git', ['cat-file', '--batch'], { stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdin.on('error', () => {});
  child.stdin.end(entries.map(({ id }) => `${id}\n`).join(''));
  const output = await buffer(child.stdout);
  const files: GitFile[] = [];
  let at = 0;
  for (const { name } of entries) {
    const lineEnd = output.indexOf(10, at);
    const size = Number(output.subarray(at, lineEnd).toString('latin1').split(' ')[2]);
    if (lineEnd === -1 || !Number.isSafeInteger(size)) throw new Error(`git gave no content for ${name}`);
    const start = lineEnd + 1;
    if (size <= MAX_FILE_BYTES) files.push({ path: name, text: output.toString('utf8', start, start + size) });
    at = start + size + 1;
  }
  return files;
}

async function git(args: readonly string[]): Promise<string> {
  const { stdout } = await run('git', [...args], { maxBuffer: MAX_LIST_BYTES });
  return stdout;
}
