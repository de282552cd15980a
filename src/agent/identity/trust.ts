import { X509Certificate } from 'node:crypto';
import { bundleHash } from '../../ca/authority/bundle-hash.ts';
import { fromPem } from '../../ca/x509/pem.ts';

/** The roots that peers are checked against, and the lists of what is revoked. */
export interface Trust {
  readonly rootsPem: string;
  readonly crlPem: string;
  /** Names the set of roots, as the CA does. */
  readonly hash: string;
}

const MAX_BUNDLE_BYTES = 1024 * 1024;

/** Refuses a bundle that would leave the proxy without trust, or that cannot be read. */
export function readTrust(rootsPem: string, crlPem: string): Trust {
  if (rootsPem.length + crlPem.length > MAX_BUNDLE_BYTES) throw new Error('the trust bundle is longer than 1 MiB');
  const roots = fromPem('CERTIFICATE', rootsPem).map((der) => new X509Certificate(der));
  if (roots.length === 0) throw new Error('the trust bundle is empty');
  const other = roots.find(({ ca }) => !ca);
  if (other !== undefined) throw new Error('the trust bundle holds a certificate that is no CA');
  const fingerprints = roots.map(({ fingerprint256 }) => fingerprint256.replaceAll(':', '').toLowerCase());
  return { rootsPem, crlPem, hash: bundleHash(fingerprints) };
}
