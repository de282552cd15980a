import { type LabelSelector, selectorMatches } from '../../mesh/labels.ts';
import type { MutatingWebhookConfiguration } from '../../resources/kinds.ts';
import { INJECT, NAMESPACE_INJECTION, REVISION } from './names.ts';

type Labels = Readonly<Record<string, string>>;

/** What one webhook says of a pod: a row of `check-inject`. */
export interface WebhookVerdict {
  readonly webhook: string;
  readonly revision: string;
  readonly injects: boolean;
  readonly because: string;
}

const STEERING = [NAMESPACE_INJECTION, REVISION, INJECT];

/** For each injector whether the API server would call it for a pod with these labels, and which label decides. */
export function checkWebhooks(
  configurations: readonly MutatingWebhookConfiguration[],
  namespaceLabels: Labels,
  podLabels: Labels,
): WebhookVerdict[] {
  return configurations
    .filter(({ webhooks }) => webhooks.some(({ name }) => name.endsWith('sidecar-injector.istio.io')))
    .map(({ metadata, webhooks }) => {
      const matching = webhooks.find(
        ({ namespaceSelector = {}, objectSelector = {} }) =>
          selectorMatches(namespaceSelector, namespaceLabels) && selectorMatches(objectSelector, podLabels),
      );
      return {
        webhook: metadata.name,
        revision: metadata.labels[REVISION] ?? '',
        injects: matching !== undefined,
        because:
          matching === undefined
            ? whyNot(namespaceLabels, podLabels)
            : asked(matching.namespaceSelector ?? {}, matching.objectSelector ?? {}, namespaceLabels, podLabels),
      };
    });
}

/** The label by which a namespace or a pod has asked. */
function asked(namespaces: LabelSelector, objects: LabelSelector, namespaceLabels: Labels, podLabels: Labels): string {
  const ofNamespace = askedBy(namespaces, namespaceLabels);
  if (ofNamespace !== undefined) return `namespace label ${ofNamespace}`;
  const ofPod = askedBy(objects, podLabels);
  return ofPod === undefined ? 'injection is on for namespaces that say nothing' : `pod label ${ofPod}`;
}

function askedBy({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Labels): string | undefined {
  const wanted = [
    ...Object.keys(matchLabels),
    ...matchExpressions.filter(({ operator }) => operator === 'In').map(({ key }) => key),
  ];
  const key = STEERING.find((name) => wanted.includes(name) && labels[name] !== undefined);
  return key === undefined ? undefined : `${key}=${labels[key]}`;
}

function whyNot(namespaceLabels: Labels, podLabels: Labels): string {
  if (namespaceLabels[NAMESPACE_INJECTION] !== undefined && namespaceLabels[NAMESPACE_INJECTION] !== 'enabled') {
    return `namespace label ${NAMESPACE_INJECTION}=${namespaceLabels[NAMESPACE_INJECTION]}`;
  }
  if (podLabels[INJECT] === 'false') return `pod label ${INJECT}=false`;
  const told = STEERING.flatMap((key) => [
    ...(namespaceLabels[key] === undefined ? [] : [`namespace label ${key}=${namespaceLabels[key]}`]),
    ...(podLabels[key] === undefined ? [] : [`pod label ${key}=${podLabels[key]}`]),
  ]);
  return told.length === 0
    ? 'neither the namespace nor the pod asks for it'
    : `${told.join(', ')} asks for another one`;
}
