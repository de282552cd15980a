import { selectorMatches } from '../../mesh/labels.ts';
import { messages } from '../../resources/finding-messages.ts';
import { kinds, type MutatingWebhookConfiguration } from '../../resources/kinds.ts';
import type { Webhook } from '../../resources/kubernetes/webhook-configuration.ts';
import { type AnalysisFinding, onObject } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';
import type { AnalysisContext } from '../context.ts';

const REVISION = 'istio.io/rev';
const NAMESPACE_LABELS = [{}, { 'istio-injection': 'enabled' }, { 'istio-injection': 'disabled' }];
const OBJECT_LABELS = [{}, { 'sidecar.istio.io/inject': 'true' }, { 'sidecar.istio.io/inject': 'false' }];

interface Hook {
  readonly configuration: MutatingWebhookConfiguration;
  readonly webhook: Webhook;
  readonly name: string;
}

export const webhooks: Analyzer = {
  name: 'webhook.Analyzer',
  description: 'Checks the validity of Istio webhooks',
  analyze: (context) => {
    const configurations = context.resources
      .of(kinds.mutatingWebhookConfiguration)
      .filter((entry) => revisionsOf(entry).length > 0 || entry.webhooks.some(({ name }) => name.endsWith('istio.io')));
    const hooks = configurations.flatMap((configuration) =>
      configuration.webhooks.map((webhook) => ({
        configuration,
        webhook,
        name: `${configuration.metadata.name}/${webhook.name}`,
      })),
    );
    const revisions = [...new Set(configurations.flatMap(revisionsOf))];
    return [...overlaps(hooks, revisions), ...missingServices(hooks, context)];
  },
};

/** Whatever the labels of a namespace and a pod, at most one webhook may want to inject. */
function overlaps(hooks: readonly Hook[], revisions: readonly string[]): AnalysisFinding[] {
  const found: AnalysisFinding[] = [];
  for (const namespaceLabels of withRevisions(NAMESPACE_LABELS, revisions)) {
    const wanting = hooks.filter(({ webhook }) => selectorMatches(webhook.namespaceSelector ?? {}, namespaceLabels));
    for (const objectLabels of withRevisions(OBJECT_LABELS, revisions)) {
      const matching = wanting.filter(({ webhook }) => selectorMatches(webhook.objectSelector ?? {}, objectLabels));
      if (matching.length < 2) continue;
      for (const hook of matching) {
        const others = matching.filter((other) => other !== hook).map(({ name }) => name);
        const error = `Webhook overlaps with others: [${others.sort().join(' ')}]. This may cause injection to occur twice.`;
        found.push(onObject(messages.InvalidWebhook, hook.configuration, { error }));
      }
    }
  }
  return found;
}

function withRevisions(
  bases: readonly Readonly<Record<string, string>>[],
  revisions: readonly string[],
): Readonly<Record<string, string>>[] {
  return [...bases, ...revisions.flatMap((revision) => bases.map((base) => ({ ...base, [REVISION]: revision })))];
}

function missingServices(hooks: readonly Hook[], { resources }: AnalysisContext): AnalysisFinding[] {
  const services = new Set(resources.of(kinds.service).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
  return hooks.flatMap(({ configuration, webhook }) => {
    const { service } = webhook.clientConfig;
    const name = `${service?.namespace}/${service?.name}`;
    if (service === undefined || services.has(name)) return [];
    const error = `Injector refers to a control plane service that does not exist: ${name}.`;
    return [onObject(messages.InvalidWebhook, configuration, { error })];
  });
}

function revisionsOf({ metadata, webhooks: hooks }: MutatingWebhookConfiguration): string[] {
  const own = metadata.labels[REVISION];
  const selectors = hooks.flatMap(({ namespaceSelector, objectSelector }) => [namespaceSelector, objectSelector]);
  return [
    ...(own === undefined ? [] : [own]),
    ...selectors.flatMap((selector) => [
      ...[selector?.matchLabels?.[REVISION]].filter((revision) => revision !== undefined),
      ...(selector?.matchExpressions ?? []).filter(({ key }) => key === REVISION).flatMap(({ values = [] }) => values),
    ]),
  ];
}
