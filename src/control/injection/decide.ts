import { type LabelSelector, selectorMatches } from '../../mesh/labels.ts';
import { INJECT, SYSTEM_NAMESPACES } from './names.ts';

/** What the decision looks at. */
export interface InjectionSubject {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly isOnHostNetwork: boolean;
}

export interface InjectionPolicy {
  /** What becomes of a pod that says nothing. */
  readonly byDefault: boolean;
  readonly neverInjectSelectors: readonly LabelSelector[];
  readonly alwaysInjectSelectors: readonly LabelSelector[];
}

export interface Decision {
  readonly inject: boolean;
  /** Which label, annotation or setting decided, for people. */
  readonly because: string;
}

const YES: ReadonlySet<string> = new Set(['y', 'yes', 'true', 'on']);

/**
 * Whether a pod that has come to the injector gets a sidecar. In this order: host network, system namespace, the pod's label, its
 * annotation, neverInjectSelector, alwaysInjectSelector, the policy (ISTIO.md 4.3). A value that is no yes is a no.
 */
export function decideInjection(pod: InjectionSubject, policy: InjectionPolicy): Decision {
  if (pod.isOnHostNetwork) {
    return { inject: false, because: 'hostNetwork: the rules of capture would be those of the whole node' };
  }
  if (SYSTEM_NAMESPACES.includes(pod.namespace)) {
    return { inject: false, because: `namespace ${pod.namespace} belongs to the cluster` };
  }
  const label = pod.labels[INJECT] ?? '';
  const wish = label === '' ? (pod.annotations[INJECT] ?? '') : label;
  if (wish !== '') {
    const where = label === '' ? 'annotation' : 'label';
    return { inject: YES.has(wish.toLowerCase()), because: `the pod's ${where} ${INJECT}=${wish}` };
  }
  const never = policy.neverInjectSelectors.find((selector) => fits(selector, pod.labels));
  if (never !== undefined) return { inject: false, because: `neverInjectSelector ${JSON.stringify(never)}` };
  const always = policy.alwaysInjectSelectors.find((selector) => fits(selector, pod.labels));
  if (always !== undefined) return { inject: true, because: `alwaysInjectSelector ${JSON.stringify(always)}` };
  return { inject: policy.byDefault, because: `the injector's policy is ${policy.byDefault ? 'enabled' : 'disabled'}` };
}

/** An empty selector fits no pod here, else a line left over in a file would decide for the whole cluster. */
function fits(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  const isEmpty =
    Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;
  return !isEmpty && selectorMatches(selector, labels);
}
