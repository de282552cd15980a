import type { Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface ScannedFile {
  readonly path: string;
  readonly size: number;
  readonly mtimeMs: number;
  readonly inode: number;
}

export interface Scan {
  /** Sorted by path. */
  readonly files: readonly ScannedFile[];
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
  /** Given paths that are not there. */
  readonly vanished: readonly { readonly path: string; readonly reason: string }[];
  /** Links that lead back into their own folder. */
  readonly loops: readonly string[];
}

const READ_EXTENSIONS = /\.(ya?ml|json)$/i;
const MAX_DEPTH = 64;

interface Draft {
  files: ScannedFile[];
  unreadable: { path: string; reason: string }[];
  vanished: { path: string; reason: string }[];
  loops: string[];
}

/** Finds the files to read under the given files and folders; never rejects. */
export async function scanFiles(paths: readonly string[]): Promise<Scan> {
  const draft: Draft = { files: [], unreadable: [], vanished: [], loops: [] };
  for (const path of paths) {
    try {
      const stats = await stat(path);
      if (stats.isDirectory()) await scanFolder(path, draft, [await realpath(path)]);
      // A file that is named is read whatever it is called.
      else draft.files.push(toFile(path, stats));
    } catch (error) {
      draft.vanished.push({ path, reason: reasonOf(error) });
    }
  }
  draft.files.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return draft;
}

/** `ancestors`: real paths of the folders on the way here, by which a loop of links is seen. */
async function scanFolder(folder: string, draft: Draft, ancestors: readonly string[]): Promise<void> {
  // The given folder itself must be readable; of one inside it the rest can go on.
  const names = await readdir(folder);
  for (const name of names) {
    if (name.startsWith('.') || name === 'node_modules') continue;
    const path = join(folder, name);
    try {
      const stats = await stat(path);
      if (stats.isDirectory()) {
        const real = await realpath(path);
        if (ancestors.includes(real) || ancestors.length > MAX_DEPTH) draft.loops.push(path);
        else await scanFolder(path, draft, [...ancestors, real]);
      } else if (stats.isFile() && READ_EXTENSIONS.test(name)) {
        draft.files.push(toFile(path, stats));
      }
    } catch (error) {
      draft.unreadable.push({ path, reason: reasonOf(error) });
    }
  }
}

function toFile(path: string, { size, mtimeMs, ino }: Stats): ScannedFile {
  return { path, size, mtimeMs, inode: ino };
}

export function reasonOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  if (code === 'ENOENT') return 'there is no such file or folder';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  if (code === 'ELOOP') return 'its symbolic links form a loop';
  return error instanceof Error ? error.message : String(error);
}
