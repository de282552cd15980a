/** Istio's names of what the agent serves beside every Envoy. */
export const CERTIFICATE_SECRET = 'default';
export const TRUST_SECRET = 'ROOTCA';
/** The bootstrap's cluster through which Envoy asks the agent for them. */
export const SDS_CLUSTER = 'sds-grpc';

/** Certificates that lie in files beside the agent, under Istio's names. */
export const FILE_CERTIFICATE = 'file-cert:';
export const FILE_TRUST = 'file-root:';

export function fileCertificateSecret(certificate: string, privateKey: string): string {
  return `${FILE_CERTIFICATE}${certificate}~${privateKey}`;
}

export function fileTrustSecret(roots: string, crl: string | undefined): string {
  return crl === undefined ? `${FILE_TRUST}${roots}` : `${FILE_TRUST}${roots}~${crl}`;
}
