/** Who a workload is: `spiffe://<trust domain>/ns/<namespace>/sa/<service account>`. */
export interface WorkloadIdentity {
  readonly trustDomain: string;
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** SPIFFE-ID §2.1 and §2.3. */
const TRUST_DOMAIN = /^[a-z0-9._-]{1,255}$/;
/** Kubernetes: a DNS label, and a DNS subdomain. */
const NAMESPACE = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const SERVICE_ACCOUNT = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
const SPIFFE_ID = /^spiffe:\/\/([^/]+)\/ns\/([^/]+)\/sa\/([^/]+)$/;

export function isTrustDomain(text: string): boolean {
  return TRUST_DOMAIN.test(text);
}

export function workloadIdentity(
  trustDomain: string,
  namespace: string,
  serviceAccount: string,
): WorkloadIdentity | undefined {
  const isValid = isTrustDomain(trustDomain) && NAMESPACE.test(namespace) && SERVICE_ACCOUNT.test(serviceAccount);
  return isValid ? { trustDomain, namespace, serviceAccount } : undefined;
}

export function formatSpiffeId({ trustDomain, namespace, serviceAccount }: WorkloadIdentity): string {
  return `spiffe://${trustDomain}/ns/${namespace}/sa/${serviceAccount}`;
}

export function parseSpiffeId(text: string): WorkloadIdentity | undefined {
  const [, trustDomain, namespace, serviceAccount] = SPIFFE_ID.exec(text) ?? [];
  if (trustDomain === undefined || namespace === undefined || serviceAccount === undefined) return undefined;
  return workloadIdentity(trustDomain, namespace, serviceAccount);
}
