import * as z from 'zod';
import type { Report } from '../report.ts';
import type { FieldPath } from '../resource.ts';

const tlsVersion = z.enum(['TLS_AUTO', 'TLSV1_0', 'TLSV1_1', 'TLSV1_2', 'TLSV1_3']);

/** ServerTLSSettings: how a Gateway server or a Sidecar ingress listener ends TLS. */
export const serverTlsSettings = z.strictObject({
  httpsRedirect: z.boolean().optional(),
  /** PASSTHROUGH when `tls` is set without a mode: it is the proto's zero value. */
  mode: z.enum(['PASSTHROUGH', 'SIMPLE', 'MUTUAL', 'AUTO_PASSTHROUGH', 'ISTIO_MUTUAL', 'OPTIONAL_MUTUAL']).optional(),
  serverCertificate: z.string().optional(),
  privateKey: z.string().optional(),
  caCertificates: z.string().optional(),
  caCrl: z.string().optional(),
  credentialName: z.string().optional(),
  credentialNames: z.array(z.string()).min(1).max(2).optional(),
  caCertCredentialName: z.string().optional(),
  tlsCertificates: z
    .array(
      z.strictObject({
        serverCertificate: z.string().optional(),
        privateKey: z.string().optional(),
        caCertificates: z.string().optional(),
      }),
    )
    .max(2)
    .optional(),
  subjectAltNames: z.array(z.string()).optional(),
  verifyCertificateSpki: z.array(z.string()).optional(),
  verifyCertificateHash: z.array(z.string()).optional(),
  insecureSkipVerify: z.boolean().optional(),
  minProtocolVersion: tlsVersion.optional(),
  maxProtocolVersion: tlsVersion.optional(),
  cipherSuites: z.array(z.string()).optional(),
});

export type ServerTlsSettings = z.output<typeof serverTlsSettings>;

/** Of Istio's pkg/config/security: what a Gateway may name. */
const CIPHER_SUITES = new Set([
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-RSA-AES256-SHA',
  'AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'AES128-SHA',
  'AES256-SHA',
  'DES-CBC3-SHA',
]);

/** Those that have a meaning, each once: the others are warned of and ignored. */
export function knownCipherSuites({ cipherSuites = [] }: ServerTlsSettings): string[] {
  return [...new Set(cipherSuites)].filter((suite) => CIPHER_SUITES.has(suite));
}

/** Istio's validateTLSOptions. */
export function checkServerTls(tls: ServerTlsSettings, path: FieldPath, report: Report): void {
  checkCiphers(tls, path, report);
  const mode = tls.mode ?? 'PASSTHROUGH';
  const hasTlsCertificates = (tls.tlsCertificates?.length ?? 0) > 0;
  const hasCredential = Boolean(tls.credentialName) || (tls.credentialNames?.length ?? 0) > 0;
  if (mode === 'ISTIO_MUTUAL') {
    for (const field of ['serverCertificate', 'privateKey', 'caCertificates', 'credentialName'] as const) {
      if (tls[field]) report.error([...path, field], `ISTIO_MUTUAL TLS cannot have ${field}`);
    }
    return;
  }
  if (tls.credentialName && tls.credentialNames) {
    report.error([...path, 'credentialNames'], 'only one of credentialName and credentialNames can be set');
  }
  if (hasTlsCertificates && (hasCredential || tls.serverCertificate || tls.privateKey)) {
    report.error(
      [...path, 'tlsCertificates'],
      'only one source of certificates can be set: tlsCertificates, credentialName, credentialNames or serverCertificate',
    );
  }
  if (mode === 'PASSTHROUGH' || mode === 'AUTO_PASSTHROUGH') {
    if (tls.caCrl || tls.serverCertificate || tls.privateKey || tls.caCertificates || hasCredential) {
      report.warning(path, `${mode} mode does not use certificates, they will be ignored`);
    }
    return;
  }
  if (tls.caCrl && mode === 'SIMPLE') report.error([...path, 'caCrl'], 'CRL is not supported with SIMPLE TLS');
  if (hasCredential) {
    if (tls.caCrl)
      report.error([...path, 'caCrl'], 'CRL is not supported with credentialName; it has to be in the credential');
    return;
  }
  if (!hasTlsCertificates) {
    if (!tls.serverCertificate)
      report.error(path, `${mode} TLS requires a server certificate: set credentialName or serverCertificate`);
    if (!tls.privateKey) report.error(path, `${mode} TLS requires a private key: set credentialName or privateKey`);
  }
  if (mode !== 'SIMPLE' && !tls.caCertificates && !tls.caCertCredentialName) {
    report.error(path, `${mode} TLS requires a client CA bundle: set caCertificates or credentialName`);
  }
}

function checkCiphers(tls: ServerTlsSettings, path: FieldPath, report: Report): void {
  const suites = tls.cipherSuites ?? [];
  const isOld = tls.minProtocolVersion === 'TLSV1_0' || tls.minProtocolVersion === 'TLSV1_1';
  if (isOld && suites.length === 0) {
    report.warning(
      [...path, 'minProtocolVersion'],
      'TLS version below TLSV1_2 require setting compatible ciphers as by default they no longer include compatible ciphers.',
    );
  }
  const invalid = suites.filter((suite) => !CIPHER_SUITES.has(suite));
  if (invalid.length > 0)
    report.warning([...path, 'cipherSuites'], `ignoring invalid cipher suites: [${invalid.join(' ')}]`);
  const valid = suites.filter((suite) => CIPHER_SUITES.has(suite));
  const duplicates = valid.filter((suite, index) => valid.indexOf(suite) < index);
  if (duplicates.length > 0)
    report.warning([...path, 'cipherSuites'], `ignoring duplicate cipher suites: [${duplicates.join(' ')}]`);
}
