import type { V1ObjectMeta } from '@kubernetes/client-node';
import { REVISION } from './names.ts';
import type { WorkloadName } from './workload-identity.ts';

const PROMETHEUS = 'prometheus.io/';

/** Labels that the proxy's configuration and telemetry go by; what the user has set stays. */
export function podLabels(metadata: V1ObjectMeta, workload: WorkloadName): Record<string, string> {
  return {
    'security.istio.io/tlsMode': 'istio',
    'service.istio.io/canonical-name': workload.canonicalName,
    'service.istio.io/canonical-revision': workload.canonicalRevision,
    ...metadata.labels,
  };
}

/** What the application's own figures are scraped by, for the agent that merges them; undefined: it has none. */
export function appMetrics(annotations: Readonly<Record<string, string>>): Record<string, string> | undefined {
  const { scrape, port, path } = Object.fromEntries(
    ['scrape', 'port', 'path'].map((key) => [key, annotations[PROMETHEUS + key]]),
  );
  if (scrape !== 'true') return undefined;
  return { scrape, ...(port !== undefined && { port }), ...(path !== undefined && { path }) };
}

/** Who turned scraping off means also the proxy. */
export function mergesMetrics(annotations: Readonly<Record<string, string>>, isMerging: boolean): boolean {
  return isMerging && annotations[`${PROMETHEUS}scrape`] !== 'false';
}

export function metricsAnnotations(statusPort: number): Record<string, string> {
  return {
    [`${PROMETHEUS}scrape`]: 'true',
    [`${PROMETHEUS}port`]: String(statusPort),
    [`${PROMETHEUS}path`]: '/stats/prometheus',
  };
}

/** `kubectl logs` and `exec` without a container mean the application. */
export function containerAnnotations(
  annotations: Readonly<Record<string, string>>,
  firstContainer: string | undefined,
): Record<string, string> {
  if (firstContainer === undefined) return {};
  const names = ['kubectl.kubernetes.io/default-logs-container', 'kubectl.kubernetes.io/default-container'];
  return Object.fromEntries(
    names.filter((name) => annotations[name] === undefined).map((name) => [name, firstContainer]),
  );
}

export function revisionAnnotation(revision: string): Record<string, string> {
  return { [REVISION]: revision };
}
