import * as z from 'zod';
import type { Report } from '../report.ts';
import type { FieldPath } from '../resource.ts';

/** ClientTLSSettings: how a client connects upstream. */
export const clientTlsSettings = z.strictObject({
  mode: z.enum(['DISABLE', 'SIMPLE', 'MUTUAL', 'ISTIO_MUTUAL']).optional(),
  clientCertificate: z.string().optional(),
  privateKey: z.string().optional(),
  caCertificates: z.string().optional(),
  credentialName: z.string().optional(),
  subjectAltNames: z.array(z.string()).optional(),
  sni: z.string().optional(),
  insecureSkipVerify: z.boolean().optional(),
  caCrl: z.string().optional(),
});

export type ClientTlsSettings = z.output<typeof clientTlsSettings>;

/** Istio's ValidateTLS. */
export function checkClientTls(tls: ClientTlsSettings, path: FieldPath, report: Report): void {
  const { mode = 'DISABLE', clientCertificate, privateKey, caCertificates, credentialName, caCrl } = tls;
  if (tls.insecureSkipVerify && mode === 'SIMPLE' && (caCertificates || tls.subjectAltNames?.length)) {
    const field = caCertificates ? 'caCertificates' : 'subjectAltNames';
    report.error([...path, field], `cannot specify ${field} when insecureSkipVerify is set true`);
  }
  if (credentialName && (mode === 'SIMPLE' || mode === 'MUTUAL')) {
    for (const field of ['clientCertificate', 'privateKey', 'caCertificates', 'caCrl'] as const) {
      if (tls[field]) report.error([...path, field], `cannot specify credentialName and ${field} at the same time`);
    }
    return;
  }
  if (mode === 'MUTUAL') {
    if (!clientCertificate) report.error([...path, 'clientCertificate'], 'client certificate required for mutual tls');
    if (!privateKey) report.error([...path, 'privateKey'], 'private key required for mutual tls');
  }
  if (mode === 'ISTIO_MUTUAL') {
    for (const [field, value] of Object.entries({
      clientCertificate,
      privateKey,
      caCertificates,
      caCrl,
      credentialName,
    })) {
      if (value) report.error([...path, field], `ISTIO_MUTUAL TLS cannot have ${field}`);
    }
  }
}
