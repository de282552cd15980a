/** Istio's names of what the agent serves beside every Envoy. */
export const CERTIFICATE_SECRET = 'default';
export const TRUST_SECRET = 'ROOTCA';
/** The bootstrap's cluster through which Envoy asks the agent for them. */
export const SDS_CLUSTER = 'sds-grpc';
