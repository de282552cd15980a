import type { MetricLabels } from '../../../engine/telemetry/istio-labels.ts';
import { UNKNOWN } from '../../../engine/telemetry/workload-labels.ts';
import type { Peer } from './traffic.ts';

const NOBODY: Peer = { kind: 'unknown', name: '', namespace: '', version: '', service: '' };

/** The caller as Istio's labels have it. */
export function sourceOf(labels: MetricLabels): Peer {
  const name = known(labels.source_workload);
  if (name === '') return NOBODY;
  const namespace = known(labels.source_workload_namespace);
  return { kind: 'workload', name, namespace, version: known(labels.source_version), service: '' };
}

/** Whom a caller has called, by the service's name. */
export function calledOf(labels: MetricLabels): Peer {
  const service = known(labels.destination_service);
  if (service === '') return NOBODY;
  return {
    kind: 'workload',
    name: known(labels.destination_workload) || known(labels.destination_service_name) || service,
    namespace: known(labels.destination_workload_namespace) || known(labels.destination_service_namespace),
    version: known(labels.destination_version),
    service,
  };
}

/** A callee's own word: it does not know by which of its services it was called. */
export function calleeOf(labels: MetricLabels): Peer {
  return {
    kind: 'workload',
    name: known(labels.destination_workload),
    namespace: known(labels.destination_workload_namespace),
    version: known(labels.destination_version),
    service: '',
  };
}

export function known(value: string | undefined): string {
  return value === undefined || value === UNKNOWN ? '' : value;
}
