import type { Container } from '../resources/kubernetes/pod-spec.ts';
import type { AnalysisContext } from './context.ts';
import type { AnalyzedPod } from './pods.ts';

const INJECT = 'sidecar.istio.io/inject';
const REDIRECTION = 'ambient.istio.io/redirection';

type Workload = Pick<AnalyzedPod, 'namespace' | 'labels' | 'annotations' | 'containers'>;

/** Whether a sidecar is, or will be, beside a workload: Istio's util.PodInMesh. */
export function isInMesh({ namespace, labels, annotations, containers }: Workload, context: AnalysisContext): boolean {
  if (proxyImage(containers) !== '') return true;
  const wish = labels[INJECT] ?? annotations[INJECT];
  if (wish !== undefined) return wish === 'true';
  return context.namespaces.get(namespace)?.metadata.labels['istio-injection'] === 'enabled';
}

export function isAmbient({ annotations }: Workload): boolean {
  return annotations[REDIRECTION] === 'enabled';
}

/** A namespace in ambient mode: an injection label wins over it. */
export function isAmbientNamespace(namespace: string, { namespaces }: AnalysisContext): boolean {
  const labels = namespaces.get(namespace)?.metadata.labels ?? {};
  if (labels['istio-injection'] === 'enabled' || (labels['istio.io/rev'] ?? '') !== '') return false;
  return labels['istio.io/dataplane-mode'] === 'ambient';
}

/** Empty where there is no proxy container. */
export function proxyImage(containers: readonly Container[]): string {
  return containers.find(({ name }) => name === 'istio-proxy')?.image ?? '';
}
