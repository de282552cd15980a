import { keysOf } from '../snapshot/compose-root.ts';
import { PIECE_PREFIXES, type SnapshotRoot } from '../snapshot/format.ts';
import { versionsOf } from '../snapshot/history.ts';
import type { ConfigStore } from '../store/config-store.ts';

/** Pieces in the store that no kept version and no grace period covers. */
export async function findOrphans(store: ConfigStore, root: SnapshotRoot): Promise<string[]> {
  const known = new Set(versionsOf(root).flatMap(({ content }) => keysOf(content)));
  for (const [key] of root.retired) known.add(key);
  const orphans: string[] = [];
  for (const prefix of PIECE_PREFIXES) {
    for (const key of await store.list(prefix)) if (!known.has(key)) orphans.push(key);
  }
  return orphans;
}
