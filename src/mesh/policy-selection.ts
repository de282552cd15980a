import { labelsMatch } from './labels.ts';

/** For whom policies are effective. */
export interface PolicyTarget {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

interface SelectingPolicy {
  readonly metadata: { readonly namespace: string };
  readonly spec?:
    | {
        readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> | undefined } | undefined;
        readonly targetRef?: unknown;
        readonly targetRefs?: readonly unknown[] | undefined;
      }
    | undefined;
}

/**
 * Policies that apply to a workload: those of the root namespace and of its own whose selector fits; an empty
 * selector takes the whole namespace, in the root namespace the whole mesh. Policies that name a `targetRef` are
 * for Gateway API gateways and never for classic ones (ISTIO.md 1.0).
 */
export function policiesFor<P extends SelectingPolicy>(
  policies: readonly P[],
  target: PolicyTarget,
  rootNamespace: string,
): P[] {
  return policies.filter(({ metadata, spec }) => {
    if (metadata.namespace !== rootNamespace && metadata.namespace !== target.namespace) return false;
    if (spec?.targetRef !== undefined || (spec?.targetRefs ?? []).length > 0) return false;
    return labelsMatch(spec?.selector?.matchLabels, target.labels);
  });
}
