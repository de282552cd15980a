import { createHash } from 'node:crypto';
import type { ReadCertificate } from '../x509/read-certificate.ts';
import type { Issuer } from './issuer.ts';

/** The roots that peers are checked against. */
export interface TrustBundle {
  readonly roots: readonly ReadCertificate[];
  readonly pem: string;
  /** Names the set, whatever its order: what proxies acknowledge. */
  readonly hash: string;
}

export function trustBundleOf(issuers: readonly Issuer[]): TrustBundle {
  const byFingerprint = new Map(issuers.flatMap(({ roots }) => roots).map((root) => [root.fingerprint, root]));
  const roots = [...byFingerprint.values()];
  return { roots, pem: roots.map(({ pem }) => pem).join(''), hash: bundleHash(roots) };
}

export function bundleHash(roots: readonly Pick<ReadCertificate, 'fingerprint'>[]): string {
  const fingerprints = roots.map(({ fingerprint }) => fingerprint).sort();
  return createHash('sha256').update(fingerprints.join()).digest('hex').slice(0, 32);
}
