import { labelsMatch } from './labels.ts';

/** For whom policies are effective. */
export interface PolicyTarget {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** A gateway of the Gateway API, which policies may name. */
  readonly gateway?: { readonly name: string; readonly className: string };
}

interface TargetReference {
  readonly group?: string | undefined;
  readonly kind: string;
  readonly name: string;
}

interface SelectingPolicy {
  readonly metadata: { readonly namespace: string };
  readonly spec?:
    | {
        readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> | undefined } | undefined;
        readonly targetRef?: TargetReference | undefined;
        readonly targetRefs?: readonly TargetReference[] | undefined;
      }
    | undefined;
}

/**
 * Policies that apply to a workload: those of the root namespace and of its own whose selector fits; an empty
 * selector takes the whole namespace, in the root namespace the whole mesh. A policy with `targetRefs` is for the
 * Gateway API gateways that it names in its own namespace (a GatewayClass: from the root namespace), and never for
 * classic ones (ISTIO.md 1.0).
 */
export function policiesFor<P extends SelectingPolicy>(
  policies: readonly P[],
  target: PolicyTarget,
  rootNamespace: string,
): P[] {
  return policies.filter(({ metadata, spec }) => {
    if (metadata.namespace !== rootNamespace && metadata.namespace !== target.namespace) return false;
    const references = [...(spec?.targetRef === undefined ? [] : [spec.targetRef]), ...(spec?.targetRefs ?? [])];
    if (references.length === 0) return labelsMatch(spec?.selector?.matchLabels, target.labels);
    return references.some((reference) => names(reference, metadata.namespace, target, rootNamespace));
  });
}

function names(
  { kind, name }: TargetReference,
  namespace: string,
  { gateway, namespace: own }: PolicyTarget,
  rootNamespace: string,
): boolean {
  if (gateway === undefined) return false;
  if (kind === 'Gateway') return name === gateway.name && namespace === own;
  return kind === 'GatewayClass' && name === gateway.className && namespace === rootNamespace;
}
