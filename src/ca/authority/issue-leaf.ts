import type { KeyObject } from 'node:crypto';
import { CaError } from '../ca-error.ts';
import { buildCertificate, formatSerial, randomSerial } from '../x509/build-certificate.ts';
import {
  type AlternativeNames,
  authorityKeyIdentifier,
  basicConstraints,
  extendedKeyUsageOfServerAndClient,
  keyUsage,
  subjectAlternativeName,
} from '../x509/extensions.ts';
import { EMPTY_NAME } from '../x509/name.ts';
import { toPem } from '../x509/pem.ts';
import type { Issuer } from './issuer.ts';
import { BACK_DATE_MS } from './lifetimes.ts';

export interface LeafContent {
  readonly publicKey: KeyObject;
  readonly names: AlternativeNames;
  readonly ttlMs: number;
}

export interface Leaf {
  /** PEM: the leaf first, the root last, as Istio's agents expect it. */
  readonly chain: readonly string[];
  readonly serial: string;
  readonly issuerId: string;
  readonly notAfterMs: number;
}

/** A leaf as X509-SVID §4 wants it: no subject, one critical name, may sign handshakes and nothing else. */
export async function issueLeaf(
  issuer: Issuer,
  { publicKey, names, ttlMs }: LeafContent,
  nowMs: number,
): Promise<Leaf> {
  // A leaf that outlives a certificate above it would fail before its time and without a word.
  const chainEndsMs = Math.min(issuer.certificate.notAfterMs, ...issuer.chain.map(({ notAfterMs }) => notAfterMs));
  if (chainEndsMs <= nowMs) {
    throw new CaError('not-ready', `the CA's own certificate ${issuer.id} has expired`, {
      fix: 'Run `foresail ca rotate`.',
    });
  }
  const notAfterMs = Math.floor(Math.min(nowMs + ttlMs, chainEndsMs) / 1000) * 1000;
  const serial = randomSerial();
  const certificate = await buildCertificate(
    {
      serial,
      issuer: issuer.certificate.subject,
      subject: EMPTY_NAME,
      // Written anew from the parsed key: nothing else of the request passes.
      publicKey: publicKey.export({ type: 'spki', format: 'der' }),
      notBeforeMs: nowMs - BACK_DATE_MS,
      notAfterMs,
      extensions: [
        keyUsage(
          publicKey.asymmetricKeyType === 'rsa' ? ['digitalSignature', 'keyEncipherment'] : ['digitalSignature'],
        ),
        extendedKeyUsageOfServerAndClient(),
        basicConstraints(false),
        authorityKeyIdentifier(issuer.certificate.keyIdentifier),
        subjectAlternativeName(names, true),
      ],
    },
    issuer.key,
  );
  return {
    chain: [toPem('CERTIFICATE', certificate), ...issuer.chain.map(({ pem }) => pem)],
    serial: formatSerial(serial),
    issuerId: issuer.id,
    notAfterMs,
  };
}
