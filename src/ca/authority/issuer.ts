import { createPrivateKey, type KeyObject } from 'node:crypto';
import { CaError } from '../ca-error.ts';
import { refuseKey } from '../x509/accepted-key.ts';
import { type ReadCertificate, readCertificates } from '../x509/read-certificate.ts';

/** The four files of Istio's secret `cacerts`. */
export interface IssuerMaterial {
  readonly caCert: string;
  readonly caKey: string;
  readonly rootCert: string;
  readonly certChain: string;
}

/** A key that signs leaves, and how its signatures are traced back to roots. */
export interface Issuer {
  /** Names it in the store and in logs: the head of its certificate's fingerprint. */
  readonly id: string;
  readonly certificate: ReadCertificate;
  readonly key: KeyObject;
  /** What follows the leaf in an answer: intermediates, then the root that they lead to. */
  readonly chain: readonly ReadCertificate[];
  /** Every root of its material; the first is the one that the chain leads to. */
  readonly roots: readonly ReadCertificate[];
  readonly material: IssuerMaterial;
}

export function issuerIdOf({ fingerprint }: ReadCertificate): string {
  return fingerprint.slice(0, 16);
}

/** Refuses what could not sign certificates that others accept. */
export function loadIssuer(material: IssuerMaterial): Issuer {
  const [certificate] = readAll('ca-cert.pem', material.caCert);
  const roots = readAll('root-cert.pem', material.rootCert);
  if (certificate === undefined) throw bad('ca-cert.pem holds no certificate');
  if (roots.length === 0) throw bad('root-cert.pem holds no certificate');
  const key = readKey(material.caKey);
  const refusal = refuseKey(key);
  if (refusal !== undefined) throw bad(`ca-key.pem is ${refusal}`);
  if (!certificate.x509.checkPrivateKey(key)) throw bad('ca-key.pem is not the key of ca-cert.pem');
  if (!certificate.x509.ca) throw bad('ca-cert.pem may not sign certificates (basicConstraints CA is false)');
  const between = readAll('cert-chain.pem', material.certChain).filter(({ x509 }) => x509.subject !== x509.issuer);
  const [chain, root] = followToRoot(certificate, between, roots);
  return {
    id: issuerIdOf(certificate),
    certificate,
    key,
    chain: [...chain, root],
    roots: [root, ...roots.filter((other) => other !== root)],
    material,
  };
}

/** For one that comes in new; one that has grown old in use must still be readable, to be replaced. */
export function importIssuer(material: IssuerMaterial, nowMs: number): Issuer {
  const issuer = loadIssuer(material);
  const expired = [issuer.certificate, ...issuer.chain].find(({ notAfterMs }) => notAfterMs <= nowMs);
  if (expired === undefined) return issuer;
  throw bad(`the certificate of ${expired.x509.subject} expired on ${expired.x509.validTo}`);
}

/** The certificates from the issuer's own up to, without, the root; and the root. */
function followToRoot(
  issuer: ReadCertificate,
  between: readonly ReadCertificate[],
  roots: readonly ReadCertificate[],
): [chain: readonly ReadCertificate[], root: ReadCertificate] {
  const chain: ReadCertificate[] = [];
  let current = issuer;
  for (;;) {
    const self = roots.find(({ fingerprint }) => fingerprint === current.fingerprint);
    if (self !== undefined) return [chain, self];
    chain.push(current);
    const root = roots.find((candidate) => isSignedBy(current, candidate));
    if (root !== undefined) return [chain, root];
    const next = between.find((candidate) => !chain.includes(candidate) && isSignedBy(current, candidate));
    if (next === undefined) throw bad('ca-cert.pem does not lead to root-cert.pem through cert-chain.pem');
    current = next;
  }
}

export function isSignedBy(certificate: ReadCertificate, issuer: ReadCertificate): boolean {
  return certificate.x509.checkIssued(issuer.x509) && certificate.x509.verify(issuer.x509.publicKey);
}

function readAll(file: string, pem: string): ReadCertificate[] {
  try {
    return readCertificates(pem);
  } catch (cause) {
    throw bad(`${file} cannot be read`, cause);
  }
}

function readKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // The cause could quote the key.
    throw bad('ca-key.pem cannot be read');
  }
}

function bad(message: string, cause?: unknown): CaError {
  return new CaError('bad-material', message, { fix: 'See that the four files of cacerts belong together.', cause });
}
