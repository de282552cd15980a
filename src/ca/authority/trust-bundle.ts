import type { ReadCertificate } from '../x509/read-certificate.ts';
import { bundleHash } from './bundle-hash.ts';
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
  return {
    roots,
    pem: roots.map(({ pem }) => pem).join(''),
    hash: bundleHash(roots.map(({ fingerprint }) => fingerprint)),
  };
}
