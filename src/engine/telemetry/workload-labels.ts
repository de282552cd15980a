/** Who a workload is to Istio's metrics; `unknown` where nobody knows. */
export interface WorkloadLabels {
  readonly workload: string;
  readonly namespace: string;
  /** `spiffe://…` */
  readonly principal: string;
  readonly app: string;
  readonly version: string;
  /** Cluster of Kubernetes. */
  readonly cluster: string;
  readonly canonicalService: string;
  readonly canonicalRevision: string;
}

/** What a request is for: the service as it was called, and what is common to the workloads behind it. */
export interface DestinationLabels extends WorkloadLabels {
  readonly serviceName: string;
  readonly serviceNamespace: string;
}

export const UNKNOWN = 'unknown';

export const UNKNOWN_WORKLOAD: WorkloadLabels = {
  workload: UNKNOWN,
  namespace: UNKNOWN,
  principal: UNKNOWN,
  app: UNKNOWN,
  version: UNKNOWN,
  cluster: UNKNOWN,
  canonicalService: UNKNOWN,
  canonicalRevision: UNKNOWN,
};
