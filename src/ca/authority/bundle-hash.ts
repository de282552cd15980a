import { createHash } from 'node:crypto';

/** Names a set of roots, whatever their order: what proxies acknowledge. Fingerprints are sha256 in lower hexadecimal. */
export function bundleHash(fingerprints: readonly string[]): string {
  return createHash('sha256')
    .update([...fingerprints].sort().join())
    .digest('hex')
    .slice(0, 32);
}
