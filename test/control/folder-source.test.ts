import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FolderSource } from '../../src/control/sources/folder.ts';
import type { ParseFile, SourceState } from '../../src/control/sources/source.ts';
import { parseYaml } from '../../src/resources/parse.ts';

let folder: string;
let parsed: string[];

const parse: ParseFile = (text, file) => {
  parsed.push(file.slice(folder.length + 1));
  return parseYaml(text, { file });
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'foresail-source-'));
  parsed = [];
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function virtualService(name: string, prefix = '/'): string {
  return `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${name}}
spec:
  hosts: [${name}.example.com]
  http:
  - match: [{uri: {prefix: ${prefix}}}]
    route: [{destination: {host: ${name}}}]
`;
}

function open(...paths: string[]): FolderSource {
  return new FolderSource({ paths: paths.length > 0 ? paths : [folder], parse });
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(join(folder, file, '..'), { recursive: true });
  await writeFile(join(folder, file), text);
}

const names = ({ resources }: SourceState): string[] => resources.map(({ metadata }) => metadata.name);
const codes = ({ findings }: SourceState): string[] => findings.map(({ code }) => code);

describe('a folder', () => {
  it('is read in order, with what lies deeper, without what is hidden', async () => {
    await write('b.yaml', virtualService('b'));
    await write('a/z.yml', virtualService('az'));
    await write('c.json', JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'c' } }));
    await write('readme.md', 'not: yaml');
    await write('.git/x.yaml', virtualService('hidden'));
    await write('node_modules/x.yaml', virtualService('dependency'));
    expect(names(await open().read())).toEqual(['az', 'b', 'c']);
  });

  it('is parsed again only where it changed', async () => {
    await write('a.yaml', virtualService('a'));
    await write('b.yaml', virtualService('b'));
    const source = open();
    const first = await source.read();
    await new Promise((resolve) => setTimeout(resolve, 80));
    await source.read();
    expect(parsed).toEqual(['a.yaml', 'b.yaml']);
    await write('a.yaml', virtualService('a'));
    const same = await source.read();
    expect(same.revision).toBe(first.revision);
    await write('b.yaml', virtualService('b', '/new'));
    const changed = await source.read();
    expect(parsed).toEqual(['a.yaml', 'b.yaml', 'b.yaml']);
    expect(changed.revision).toBeGreaterThan(first.revision);
    expect(changed.resources[0]).toBe(first.resources[0]);
  });

  it('ends at links that lead back', async () => {
    await write('a/x.yaml', virtualService('x'));
    await symlink(folder, join(folder, 'a', 'loop'));
    await symlink('self', join(folder, 'self'));
    const state = await open().read();
    expect(names(state)).toEqual(['x']);
    expect(state.unreadFiles.some((file) => file.endsWith('a/loop'))).toBe(true);
  });

  it('may hold files that are too large or no files at all', async () => {
    await write('big.yaml', `# ${'x'.repeat(11 * 1024 * 1024)}`);
    await write('fine.yaml', virtualService('fine'));
    await mkdir(join(folder, 'folder.yaml'));
    const state = await open().read();
    expect(names(state)).toEqual(['fine']);
    expect(state.findings).toMatchObject([{ code: 'FS0002', origin: { file: join(folder, 'big.yaml') } }]);
    expect(parsed).toEqual(['fine.yaml']);
  });

  it('keeps what it held when it vanishes, says so, and recovers when it is back', async () => {
    await write('mesh/a.yaml', virtualService('a'));
    const mesh = join(folder, 'mesh');
    const source = open(mesh);
    await source.read();
    await rename(mesh, join(folder, 'gone'));
    const lost = await source.read();
    expect(names(lost)).toEqual(['a']);
    expect(codes(lost)).toEqual(['FS0303']);
    await rename(join(folder, 'gone'), mesh);
    await write('mesh/b.yaml', virtualService('b'));
    const back = await source.read();
    expect(names(back)).toEqual(['a', 'b']);
    expect(codes(back)).toEqual([]);
  });

  it('that was never there is an error', async () => {
    await expect(open(join(folder, 'nope')).read()).rejects.toThrow('no such file');
  });

  it('keeps what a file held that became unreadable', async () => {
    await write('a.yaml', virtualService('a'));
    const source = open();
    await source.read();
    // A loop of links cannot be read even by root.
    await rm(join(folder, 'a.yaml'));
    await symlink('a.yaml', join(folder, 'a.yaml'));
    const state = await source.read();
    expect(names(state)).toEqual(['a']);
    expect(codes(state)).toEqual(['FS0302']);
  });
});

describe('an object', () => {
  it('that is edited into something broken goes on at its last good version', async () => {
    await write('a.yaml', `${virtualService('a')}---\n${virtualService('b')}`);
    const source = open();
    const good = await source.read();
    await write('a.yaml', `${virtualService('a').replace('prefix', 'prefixx')}---\n${virtualService('b', '/b2')}`);
    const broken = await source.read();
    expect(names(broken).sort()).toEqual(['a', 'b']);
    expect(broken.resources.find(({ metadata }) => metadata.name === 'a')).toBe(good.resources[0]);
    expect(codes(broken)).toContain('FS0301');
    // Still broken after another edit of the file; whole again after the repair.
    await write('a.yaml', `# more\n${virtualService('a').replace('prefix', 'prefixx')}---\n${virtualService('b')}`);
    expect(names(await source.read()).sort()).toEqual(['a', 'b']);
    await write('a.yaml', `${virtualService('a', '/fixed')}---\n${virtualService('b')}`);
    const repaired = await source.read();
    expect(codes(repaired)).toEqual([]);
    expect(JSON.stringify(repaired.resources[0])).toContain('/fixed');
  });

  it('in a file that is no YAML any more goes on too', async () => {
    await write('a.yaml', virtualService('a'));
    const source = open();
    await source.read();
    await write('a.yaml', `${virtualService('a')}   broken: [`);
    const state = await source.read();
    expect(names(state)).toEqual(['a']);
    expect(codes(state)).toEqual(expect.arrayContaining(['FS0001', 'FS0301']));
  });

  it('that is deleted is deleted', async () => {
    await write('a.yaml', `${virtualService('a')}---\n${virtualService('b')}`);
    await write('c.yaml', virtualService('c'));
    const source = open();
    await source.read();
    await write('a.yaml', virtualService('a'));
    await rm(join(folder, 'c.yaml'));
    const state = await source.read();
    expect(names(state)).toEqual(['a']);
    expect(codes(state)).toEqual([]);
  });
});

it('standard input and single files are sources as well', async () => {
  await write('a.txt', virtualService('a'));
  const stdin = Readable.from([virtualService('from-stdin')]);
  const source = new FolderSource({ paths: ['-', join(folder, 'a.txt')], parse, stdin });
  expect(names(await source.read())).toEqual(['from-stdin', 'a']);
  expect(names(await source.read())).toEqual(['from-stdin', 'a']);
});

describe('watching', () => {
  async function watched(paths: string[], change: () => Promise<void>): Promise<void> {
    const source = open(...paths);
    await source.read();
    const onChange = vi.fn();
    const stop = source.watch(onChange);
    await new Promise((resolve) => setTimeout(resolve, 150));
    onChange.mockClear();
    await change();
    await vi.waitFor(() => expect(onChange).toHaveBeenCalled(), { timeout: 15_000, interval: 10 });
    stop();
    const calls = onChange.mock.calls.length;
    await write('after-stop.yaml', '');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(onChange.mock.calls.length).toBe(calls);
  }

  it('notices an edit', async () => {
    await write('a.yaml', virtualService('a'));
    await watched([folder], () => write('a.yaml', virtualService('a', '/new')));
  });

  it('notices a file in a new folder', () => watched([folder], () => write('new/deep/a.yaml', virtualService('a'))));

  it('notices a single file that is replaced by rename', async () => {
    await write('a.yaml', virtualService('a'));
    await watched([join(folder, 'a.yaml')], async () => {
      await write('a.tmp', virtualService('a', '/new'));
      await rename(join(folder, 'a.tmp'), join(folder, 'a.yaml'));
    });
  });

  it('notices when the folder goes, and edits after it has come back', async () => {
    const mesh = join(folder, 'mesh');
    await write('mesh/a.yaml', virtualService('a'));
    const source = open(mesh);
    await source.read();
    const onChange = vi.fn();
    const stop = source.watch(onChange);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const noticed = async (change: () => Promise<unknown>): Promise<void> => {
      onChange.mockClear();
      await change();
      await vi.waitFor(() => expect(onChange).toHaveBeenCalled(), { timeout: 3_000, interval: 10 });
      await new Promise((resolve) => setTimeout(resolve, 700));
    };
    await noticed(() => rm(mesh, { recursive: true }));
    await noticed(() => write('mesh/a.yaml', virtualService('a')));
    await noticed(() => write('mesh/a.yaml', virtualService('a', '/new')));
    stop();
  });
});
