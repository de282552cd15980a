import { SnapshotError } from './errors.ts';
import { OLDEST_READABLE_FORMAT, SNAPSHOT_FORMAT, type SnapshotRoot } from './format.ts';
import { openRoot, type RootVerifier } from './sign.ts';

/** Verifies, parses and checks a root; throws a SnapshotError that says what is wrong. */
export async function readRoot(text: string, verifiers: readonly RootVerifier[]): Promise<SnapshotRoot> {
  const body = await openRoot(text, verifiers);
  let root: Partial<SnapshotRoot> | null;
  try {
    root = JSON.parse(body) as Partial<SnapshotRoot> | null;
  } catch (cause) {
    throw new SnapshotError('bad-root', 'the root is not JSON, it may be truncated', { cause });
  }
  if (typeof root !== 'object' || typeof root?.format !== 'number') {
    throw new SnapshotError('bad-root', 'the root names no format');
  }
  if (root.format > SNAPSHOT_FORMAT || root.format < OLDEST_READABLE_FORMAT) {
    const readable = `${OLDEST_READABLE_FORMAT} to ${SNAPSHOT_FORMAT}`;
    throw new SnapshotError('unknown-format', `the root has format ${root.format}; this build reads ${readable}`);
  }
  if (!isRoot(root)) throw new SnapshotError('bad-root', 'the root lacks fields that its format promises');
  return root;
}

function isRoot(root: Partial<SnapshotRoot>): root is SnapshotRoot {
  const { version, createdAtMs, hash, content, history, retired } = root;
  if (!Number.isSafeInteger(version) || typeof createdAtMs !== 'number' || typeof hash !== 'string') return false;
  if (typeof content !== 'object' || content === null || !Array.isArray(history) || !Array.isArray(retired))
    return false;
  const { gateway, buckets, wildcards, sources } = content;
  if (typeof gateway !== 'string' || !Array.isArray(buckets) || !Array.isArray(wildcards)) return false;
  if (typeof sources?.base !== 'string' || !Array.isArray(sources.edits)) return false;
  const isPowerOfTwo = buckets.length > 0 && (buckets.length & (buckets.length - 1)) === 0;
  return isPowerOfTwo && buckets.every((bucket) => typeof bucket === 'string');
}
