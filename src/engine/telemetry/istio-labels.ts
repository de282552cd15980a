import type { WorkloadLabels } from './workload-labels.ts';

export type MetricLabels = Readonly<Record<string, string>>;

/** The service that was called, as far as the reporter knows it. */
export interface CalledService {
  /** Fully qualified. */
  readonly host: string;
  readonly name: string;
  readonly namespace: string;
}

/** Istio's labels of the two ends of traffic (ISTIO.md 4.4), in its order. */
export function istioLabels(
  reporter: 'source' | 'destination',
  source: WorkloadLabels,
  destination: WorkloadLabels,
  service: CalledService,
): MetricLabels {
  return {
    reporter,
    source_workload: source.workload,
    source_canonical_service: source.canonicalService,
    source_canonical_revision: source.canonicalRevision,
    source_workload_namespace: source.namespace,
    source_principal: source.principal,
    source_app: source.app,
    source_version: source.version,
    source_cluster: source.cluster,
    destination_workload: destination.workload,
    destination_workload_namespace: destination.namespace,
    destination_principal: destination.principal,
    destination_app: destination.app,
    destination_version: destination.version,
    destination_service: service.host,
    destination_canonical_service: destination.canonicalService,
    destination_canonical_revision: destination.canonicalRevision,
    destination_service_name: service.name,
    destination_service_namespace: service.namespace,
    destination_cluster: destination.cluster,
  };
}

/** Labels in Prometheus' exposition format, without braces: backslash, quote and line feed are escaped. */
export function labelText(labels: MetricLabels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`))}"`)
    .join(',');
}
