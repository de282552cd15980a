import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { parseSpiffeId } from '../../ca/spiffe-id.ts';
import { fromPem } from '../../ca/x509/pem.ts';
import type { HeldCertificate } from './held-certificate.ts';

/** Why an answer of the CA is not used. What the agent has stays in use. */
export class BadAnswer extends Error {
  override readonly name = 'BadAnswer';
}

export interface ExpectedIdentity {
  readonly trustDomain?: string;
  readonly namespace: string;
  readonly serviceAccount: string;
}

export interface CheckedAnswer {
  readonly certificate: HeldCertificate;
  /** The last of the chain. */
  readonly rootPem: string;
}

const MAX_CHAIN = 10;
/** Enough for `MAX_CHAIN` certificates with the largest keys; what is longer is not even read. */
const MAX_CHAIN_CHARACTERS = MAX_CHAIN * 16 * 1024;
const CLOCK_TOLERANCE_MS = 60_000;

/** Takes from the CA's answer what an Envoy can work with, and refuses what would break it. */
export function checkAnswer(
  certChain: readonly string[],
  privateKey: KeyObject,
  expected: ExpectedIdentity,
  nowMs: number,
): CheckedAnswer {
  const ders = readAll(certChain);
  if (ders.length > MAX_CHAIN) throw new BadAnswer(`the chain has more than ${MAX_CHAIN} certificates`);
  const certificates = ders.map((der) => new X509Certificate(der));
  const [leaf, issuer] = certificates;
  const root = certificates.at(-1);
  if (leaf === undefined || issuer === undefined || root === undefined) throw new BadAnswer('the chain has no root');
  if (!leaf.publicKey.equals(createPublicKey(privateKey))) throw new BadAnswer('the certificate is for another key');
  certificates.slice(1).forEach((above, i) => {
    const below = certificates[i];
    if (below === undefined || !below.checkIssued(above) || !below.verify(above.publicKey)) {
      throw new BadAnswer('the chain does not hold together');
    }
    if (above.validToDate.getTime() <= nowMs) throw new BadAnswer('a certificate of the chain has expired');
  });
  const notBeforeMs = leaf.validFromDate.getTime();
  const notAfterMs = leaf.validToDate.getTime();
  if (notAfterMs <= nowMs) throw new BadAnswer('the certificate has expired already; compare the clocks');
  if (notBeforeMs > nowMs + CLOCK_TOLERANCE_MS)
    throw new BadAnswer('the certificate is of the future; compare the clocks');
  return {
    rootPem: root.toString(),
    certificate: {
      privateKey,
      chainPem: certificates
        .slice(0, -1)
        .map((certificate) => certificate.toString())
        .join(''),
      spiffeId: checkedName(leaf, expected),
      serial: leaf.serialNumber.toLowerCase(),
      issuer: issuer.fingerprint256.replaceAll(':', '').toLowerCase().slice(0, 16),
      notBeforeMs,
      notAfterMs,
      receivedAtMs: nowMs,
    },
  };
}

function checkedName({ subjectAltName = '' }: X509Certificate, expected: ExpectedIdentity): string {
  const spiffeId = subjectAltName.replace(/^URI:/, '');
  const identity = parseSpiffeId(spiffeId);
  const isRight =
    identity?.namespace === expected.namespace &&
    identity.serviceAccount === expected.serviceAccount &&
    (expected.trustDomain === undefined || identity.trustDomain === expected.trustDomain);
  if (!isRight) throw new BadAnswer(`the certificate is for ${spiffeId || 'nobody'}, not for this workload`);
  return spiffeId;
}

/** Some CAs put several certificates into one text. */
function readAll(certChain: readonly string[]): Buffer[] {
  const length = certChain.reduce((sum, pem) => sum + pem.length, 0);
  if (length > MAX_CHAIN_CHARACTERS) throw new BadAnswer(`the chain has more than ${MAX_CHAIN_CHARACTERS} characters`);
  try {
    return certChain.flatMap((pem) => fromPem('CERTIFICATE', pem));
  } catch (cause) {
    throw new BadAnswer('the chain cannot be read', { cause });
  }
}
