import { importVerifier } from '../snapshot/keys.ts';
import type { RootVerifier } from '../snapshot/sign.ts';

/** A key that cannot be read is a reason to refuse, never to go on without one. */
export async function snapshotVerifiers(key: string | undefined): Promise<readonly RootVerifier[]> {
  return key === undefined ? [] : [await importVerifier(key)];
}
