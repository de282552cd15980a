import { type FSWatcher, statSync, watch } from 'node:fs';
import { dirname } from 'node:path';

const DEBOUNCE_MS = 50;
const POLL_INTERVAL_MS = 500;
/** Looking takes at most this share of the time, however many files there are. */
const MAX_POLL_SHARE = 1 / 20;

/**
 * Calls back soon after something under the paths changed. The system's notifications are fast but miss things
 * (network file systems, folders that come back), so that a poll stands behind them. `signature` is what the poll
 * compares.
 */
export function watchPaths(
  paths: readonly string[],
  signature: () => Promise<string>,
  onChange: () => void,
): () => void {
  const watchers = new Map<string, { readonly watcher: FSWatcher; readonly inode: number }>();
  let isStopped = false;
  let debounce: ReturnType<typeof setTimeout> | undefined;
  let poll: ReturnType<typeof setTimeout> | undefined;
  let lastSignature: string | undefined;

  const changed = (): void => {
    clearTimeout(debounce);
    debounce = setTimeout(onChange, DEBOUNCE_MS);
  };
  const drop = (path: string): void => {
    watchers.get(path)?.watcher.close();
    watchers.delete(path);
  };
  const attach = (path: string): void => {
    try {
      const isFolder = statSync(path).isDirectory();
      const watched = isFolder ? path : dirname(path);
      const { ino: inode } = statSync(watched);
      // A folder that was replaced is another one, of which the old watcher knows nothing.
      if (watchers.get(path)?.inode === inode) return;
      drop(path);
      const watcher = watch(watched, { recursive: isFolder }, changed);
      watcher.on('error', () => drop(path));
      watchers.set(path, { watcher, inode });
    } catch {
      // Not there now; the poll tries again.
      drop(path);
    }
  };
  const look = async (): Promise<void> => {
    const startedMs = performance.now();
    const next = await signature();
    if (isStopped) return;
    if (lastSignature !== undefined && next !== lastSignature) changed();
    lastSignature = next;
    for (const path of paths) attach(path);
    const tookMs = performance.now() - startedMs;
    poll = setTimeout(look, Math.max(POLL_INTERVAL_MS, tookMs / MAX_POLL_SHARE));
  };
  for (const path of paths) attach(path);
  void look();

  return () => {
    isStopped = true;
    clearTimeout(debounce);
    clearTimeout(poll);
    for (const path of [...watchers.keys()]) drop(path);
  };
}
