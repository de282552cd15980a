import { SnapshotError } from '../snapshot/errors.ts';
import { importVerifier } from '../snapshot/keys.ts';
import type { RootVerifier } from '../snapshot/sign.ts';

/** A key that cannot be read is a reason to refuse, never to go on without one. */
export async function snapshotVerifiers(key: string | undefined): Promise<readonly RootVerifier[]> {
  return key === undefined ? [] : [await verifierIn('SNAPSHOT_PUBLIC_KEY', key)];
}

/** Of the key by which callers may ask for explanations. */
export async function debugVerifier(key: string | undefined): Promise<RootVerifier | undefined> {
  return key === undefined ? undefined : verifierIn('DEBUG_PUBLIC_KEY', key);
}

async function verifierIn(variable: string, key: string): Promise<RootVerifier> {
  try {
    return await importVerifier(key);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SnapshotError('bad-key', `${variable}: ${why}`, { cause });
  }
}
