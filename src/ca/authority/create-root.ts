import { generateKeyPairSync } from 'node:crypto';
import { buildCertificate, randomSerial } from '../x509/build-certificate.ts';
import { basicConstraints, keyUsage, subjectAlternativeName, subjectKeyIdentifier } from '../x509/extensions.ts';
import { organizationName } from '../x509/name.ts';
import { toPem } from '../x509/pem.ts';
import { keyIdentifierOfSpki } from '../x509/read-certificate.ts';
import type { IssuerMaterial } from './issuer.ts';
import { BACK_DATE_MS, ROOT_TTL_MS } from './lifetimes.ts';

/** A new self-signed root: ECDSA P-256, ten years. */
export async function createRoot(trustDomain: string, nowMs: number): Promise<IssuerMaterial> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const name = organizationName(trustDomain);
  const certificate = await buildCertificate(
    {
      serial: randomSerial(),
      issuer: name,
      subject: name,
      publicKey: spki,
      notBeforeMs: nowMs - BACK_DATE_MS,
      notAfterMs: nowMs + ROOT_TTL_MS,
      extensions: [
        basicConstraints(true),
        keyUsage(['keyCertSign', 'cRLSign']),
        subjectKeyIdentifier(keyIdentifierOfSpki(spki)),
        // X509-SVID §3.2: the name of a signing certificate is the trust domain, without a path.
        subjectAlternativeName({ uris: [`spiffe://${trustDomain}`] }, false),
      ],
    },
    privateKey,
  );
  const pem = toPem('CERTIFICATE', certificate);
  const caKey = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { caCert: pem, caKey, rootCert: pem, certChain: pem };
}
