import { labelsMatch } from '../../mesh/labels.ts';
import { messages } from '../../resources/finding-messages.ts';
import { type AuthorizationPolicy, kinds } from '../../resources/kinds.ts';
import { type AnalysisFinding, onField, onObject } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';
import type { AnalysisContext } from '../context.ts';
import { isAmbient, isInMesh } from '../in-mesh.ts';
import type { AnalyzedPod } from '../pods.ts';
import { selectorText } from '../selector-text.ts';

export const authorizationPolicies: Analyzer = {
  name: 'auth.AuthorizationPoliciesAnalyzer',
  description: 'Checks the validity of authorization policies',
  analyze: (context) => {
    const pods = context.pods.filter((pod) => isInMesh(pod, context) || isAmbient(pod));
    return context.resources
      .of(kinds.authorizationPolicy)
      .flatMap((policy) => [...checkWorkloads(policy, pods, context), ...checkNamespaces(policy, context)]);
  },
};

/** A policy of the root namespace without a selector is for the whole mesh, whatever runs in it. */
function checkWorkloads(
  policy: AuthorizationPolicy,
  pods: readonly AnalyzedPod[],
  { mesh }: AnalysisContext,
): AnalysisFinding[] {
  const { namespace } = policy.metadata;
  const { selector, targetRef, targetRefs = [] } = policy.spec;
  const isMeshWide = namespace === mesh.settings.rootNamespace;
  if (selector === undefined && (isMeshWide || isForGateway(targetRef, targetRefs))) return [];
  const isMatched = pods.some(
    (pod) => (isMeshWide || pod.namespace === namespace) && labelsMatch(selector?.matchLabels, pod.labels),
  );
  if (isMatched) return [];
  const labels = selectorText(selector?.matchLabels);
  return [onObject(messages.NoMatchingWorkloadsFound, policy, { labels }, ['spec', 'selector'])];
}

/** The pods of a Gateway of the Gateway API are made by a controller: they are in no file. */
function isForGateway(
  targetRef: { readonly kind: string } | undefined,
  targetRefs: readonly { readonly kind: string }[],
): boolean {
  return [...(targetRef === undefined ? [] : [targetRef]), ...targetRefs].some(({ kind }) =>
    kind.startsWith('Gateway'),
  );
}

function checkNamespaces(policy: AuthorizationPolicy, { namespaces }: AnalysisContext): AnalysisFinding[] {
  return (policy.spec.rules ?? []).flatMap((rule, i) =>
    (rule.from ?? []).flatMap(({ source }, j) =>
      (['namespaces', 'notNamespaces'] as const).flatMap((field) =>
        (source?.[field] ?? []).flatMap((name, k) => {
          if ([...namespaces.keys()].some((namespace) => fits(namespace, name))) return [];
          // istioctl points at the entry of `namespaces` also where it means one of `notNamespaces`.
          const path = ['spec', 'rules', i, 'from', j, 'source', 'namespaces', k];
          const args = { reftype: 'namespace', refval: name };
          const found = onField(messages.ReferencedResourceNotFound, policy, args, path);
          const place = policy.originOf(['spec', 'rules', i, 'from', j, 'source', field, k]);
          return [{ ...found, place }];
        }),
      ),
    ),
  );
}

function fits(namespace: string, pattern: string): boolean {
  if (pattern === '*') return true;
  if (pattern.startsWith('*')) return namespace.endsWith(pattern.slice(1));
  if (pattern.endsWith('*')) return namespace.startsWith(pattern.slice(0, -1));
  return namespace.toLowerCase() === pattern.toLowerCase();
}
