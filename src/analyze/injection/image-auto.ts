import { selectorMatches } from '../../mesh/labels.ts';
import { messages } from '../../resources/finding-messages.ts';
import { kinds } from '../../resources/kinds.ts';
import type { PodSpec } from '../../resources/kubernetes/pod-spec.ts';
import { onObject } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';

export const imageAuto: Analyzer = {
  name: 'injection.ImageAutoAnalyzer',
  description: 'Makes sure that Pods and Deployments with `image: auto` are going to be injected',
  analyze: ({ resources, namespaces }) => {
    const webhooks = resources
      .of(kinds.mutatingWebhookConfiguration)
      .flatMap((configuration) => configuration.webhooks.filter(({ name }) => name.endsWith('istio.io')));
    // A pod that still has the placeholder was not injected, whatever the webhooks say.
    const pods = resources
      .of(kinds.pod)
      .filter(({ spec }) => hasPlaceholder(spec))
      .map((pod) => {
        const args = { resourceType: 'Pod', resourceName: pod.metadata.name };
        return onObject(messages.ImageAutoWithoutInjectionError, pod, args);
      });
    const deployments = resources
      .of(kinds.deployment)
      .filter(({ metadata, spec }) => {
        if (!hasPlaceholder(spec.template?.spec)) return false;
        const namespaceLabels = namespaces.get(metadata.namespace)?.metadata.labels ?? {};
        const labels = spec.template?.metadata?.labels ?? {};
        return !webhooks.some(
          ({ namespaceSelector = {}, objectSelector = {} }) =>
            selectorMatches(namespaceSelector, namespaceLabels) && selectorMatches(objectSelector, labels),
        );
      })
      .map((deployment) => {
        const args = { resourceType: 'Deployment', resourceName: deployment.metadata.name };
        return onObject(messages.ImageAutoWithoutInjectionWarning, deployment, args);
      });
    return [...pods, ...deployments];
  },
};

function hasPlaceholder(spec: PodSpec | undefined): boolean {
  return spec?.containers.some(({ name, image }) => name === 'istio-proxy' && image === 'auto') === true;
}
