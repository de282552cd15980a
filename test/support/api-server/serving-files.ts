import { generateKeyPairSync } from 'node:crypto';
import { createRoot } from '../../../src/ca/authority/create-root.ts';
import { issueLeaf } from '../../../src/ca/authority/issue-leaf.ts';
import { importIssuer } from '../../../src/ca/authority/issuer.ts';
import { buildCertificate, randomSerial } from '../../../src/ca/x509/build-certificate.ts';
import { objectIdentifier, sequence, TAG, tlv, utf8String } from '../../../src/ca/x509/der.ts';
import {
  authorityKeyIdentifier,
  basicConstraints,
  extendedKeyUsageOfServerAndClient,
} from '../../../src/ca/x509/extensions.ts';
import { toPem } from '../../../src/ca/x509/pem.ts';
import type { Fields } from './kube-object.ts';

export interface ServingFiles {
  /** PEM of the authority that signed them. */
  readonly ca: string;
  readonly server: { readonly cert: string; readonly key: string; readonly ca: string };
  clientCertificate(commonName: string, organization: string): Promise<Fields>;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** A root and a certificate for 127.0.0.1 and the names by which pods find the API server. */
export async function servingFiles(): Promise<ServingFiles> {
  const issuer = importIssuer(await createRoot('cluster.local', Date.now()), Date.now());
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const names = { dnsNames: ['localhost', 'kubernetes.default.svc'], ipAddresses: [Uint8Array.of(127, 0, 0, 1)] };
  const { chain } = await issueLeaf(issuer, { publicKey, names, ttlMs: DAY_MS }, Date.now());
  const ca = issuer.material.rootCert;
  return {
    ca,
    server: { cert: chain.join(''), key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), ca },
    clientCertificate: async (commonName, organization) => {
      const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const certificate = await buildCertificate(
        {
          serial: randomSerial(),
          issuer: issuer.certificate.subject,
          subject: subjectName(commonName, organization),
          publicKey: pair.publicKey.export({ type: 'spki', format: 'der' }),
          notBeforeMs: Date.now() - 60_000,
          notAfterMs: Date.now() + DAY_MS,
          extensions: [
            extendedKeyUsageOfServerAndClient(),
            basicConstraints(false),
            authorityKeyIdentifier(issuer.certificate.keyIdentifier),
          ],
        },
        issuer.key,
      );
      const key = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      return {
        'client-certificate-data': Buffer.from(toPem('CERTIFICATE', certificate)).toString('base64'),
        'client-key-data': Buffer.from(key).toString('base64'),
      };
    },
  };
}

function subjectName(commonName: string, organization: string): Buffer {
  return sequence(
    tlv(TAG.set, sequence(objectIdentifier('2.5.4.10'), utf8String(organization))),
    tlv(TAG.set, sequence(objectIdentifier('2.5.4.3'), utf8String(commonName))),
  );
}
