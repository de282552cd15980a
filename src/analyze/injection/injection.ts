import { messages } from '../../resources/finding-messages.ts';
import type { Namespace } from '../../resources/kinds.ts';
import { type AnalysisFinding, onField, onObject } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';
import type { AnalysisContext } from '../context.ts';
import { proxyImage } from '../in-mesh.ts';
import { type InjectorConfig, injectorConfigs, injectorName } from './injector-config.ts';

const INJECTION = 'istio-injection';
const REVISION = 'istio.io/rev';
const DATAPLANE = 'istio.io/dataplane-mode';
const INJECT = 'sidecar.istio.io/inject';
const SYSTEM: ReadonlySet<string> = new Set([
  'istio-system',
  'kube-system',
  'kube-public',
  'kube-node-lease',
  'local-path-storage',
]);

export const injection: Analyzer = {
  name: 'injection.Analyzer',
  description: 'Checks conditions related to Istio sidecar injection',
  analyze: (context) => {
    const configs = injectorConfigs(context);
    const namespaces = [...context.namespaces.values()].filter(({ metadata }) => !SYSTEM.has(metadata.name));
    return [...namespaces.flatMap((namespace) => checkNamespace(namespace, configs)), ...checkPods(context)];
  },
};

function checkNamespace(namespace: Namespace, configs: ReadonlyMap<string, InjectorConfig>): AnalysisFinding[] {
  const { name, labels } = namespace.metadata;
  const found: AnalysisFinding[] = [];
  const rivals = rivalLabels(labels);
  if (rivals.length > 1) {
    found.push(
      onObject(messages.NamespaceMultipleInjectionLabels, namespace, { labels: rivals }, ['metadata', 'labels']),
    );
  }
  if (labels[DATAPLANE] === 'ambient') return found;
  if ((labels[INJECTION] ?? '') !== '' || labels[REVISION] !== undefined) return found;
  if (configs.get(injectorName(''))?.enableNamespacesByDefault === true) {
    return [...found, onObject(messages.NamespaceInjectionEnabledByDefault, namespace, {})];
  }
  return [...found, onField(messages.NamespaceNotInjected, namespace, { namespace: name }, ['metadata', 'name'])];
}

/** Labels that would each decide on their own; a namespace that turned injection off has no quarrel. */
function rivalLabels(labels: Readonly<Record<string, string>>): string[] {
  const injectionLabel = labels[INJECTION];
  const rivals = injectionLabel === undefined ? [] : [`${INJECTION}=${injectionLabel}`];
  if (injectionLabel !== undefined && injectionLabel !== 'enabled') return rivals;
  for (const label of [REVISION, DATAPLANE]) {
    const value = labels[label];
    if (value !== undefined) rivals.push(`${label}=${value}`);
  }
  return rivals;
}

function checkPods({ pods, namespaces }: AnalysisContext): AnalysisFinding[] {
  return pods.flatMap(({ pod, namespace, name, labels, annotations, containers }) => {
    const isInjected = !SYSTEM.has(namespace) && namespaces.get(namespace)?.metadata.labels[INJECTION] === 'enabled';
    if (pod === undefined || !isInjected || namespaces.get(namespace)?.metadata.labels[DATAPLANE] === 'ambient')
      return [];
    const wish = labels[INJECT] ?? annotations[INJECT] ?? '';
    if (wish.toLowerCase() === 'false' || pod.spec.hostNetwork === true || proxyImage(containers) !== '') return [];
    return [onObject(messages.PodMissingProxy, pod, { podName: `${namespace}/${name}` })];
  });
}
