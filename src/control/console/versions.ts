import { diffSnapshots } from '../../snapshot/diff.ts';
import { ROOT_KEY } from '../../snapshot/format.ts';
import { infoOf, type Version, versionsOf } from '../../snapshot/history.ts';
import { readRoot } from '../../snapshot/root.ts';
import type { ConfigStore } from '../../store/config-store.ts';
import { compareBehaviour } from '../simulate/diff/compare.ts';
import { openVersion } from '../simulate/diff/open-version.ts';
import type { CompareView, VersionView } from './wire.ts';

/** Newest first; the first one is served. */
export async function keptVersions(store: ConfigStore | undefined): Promise<readonly Version[]> {
  const text = await store?.get(ROOT_KEY);
  // The store is our own: who signs is not the question here.
  return text === undefined ? [] : versionsOf(await readRoot(text, []));
}

export function versionViews(versions: readonly Version[]): VersionView[] {
  return versions.map((version, index) => ({ ...infoOf(version), isServed: index === 0 }));
}

/** What differs between two kept versions, in the configuration and for callers. */
export async function compareVersions(
  store: ConfigStore,
  before: Version,
  after: Version,
  nowMs: number,
): Promise<CompareView> {
  const [old, now] = [await openVersion(store, before), await openVersion(store, after)];
  const { groups, tried } = await compareBehaviour(old, now, nowMs);
  const changes = diffSnapshots(old.input, now.input).map((change) => {
    const side = change.change === 'removed' ? old : now;
    return change.origin === undefined ? change : { ...change, origin: side.locate(change.origin) };
  });
  return { before: before.version, after: after.version, changes, groups, tried };
}
