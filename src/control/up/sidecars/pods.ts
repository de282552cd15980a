import { type AnyResource, kinds, resourcesOf } from '../../../resources/kinds.ts';
import { parseObject } from '../../../resources/parse-object.ts';
import type { StandIn } from '../endpoints.ts';

/** Istio's label: `false` keeps a sidecar away from a pod. */
const INJECT_LABEL = 'sidecar.istio.io/inject';

export interface PodOptions {
  readonly addressOf: (pod: string) => string;
  /** Pods that nothing declares: of Services that select nothing. They have no sidecar. */
  readonly standIns: readonly StandIn[];
  /** More pods than this have none either: each is a process. */
  readonly maxSidecars: number;
}

export interface WithPods {
  /** All that was given, and a Pod with an address for everything that would run. */
  readonly resources: readonly AnyResource[];
  /** How many would have a sidecar if there were not too many. */
  readonly leftOut: number;
}

/**
 * Makes the pods of what is written down: one for each Deployment, StatefulSet, DaemonSet and Pod that has no address
 * of its own. They are called as their owners are, since nothing on this machine tells replicas apart.
 */
export function withPods(resources: readonly AnyResource[], options: PodOptions): WithPods {
  const owners = [kinds.deployment, kinds.statefulSet, kinds.daemonSet].flatMap((kind) =>
    resourcesOf(resources, kind).flatMap((owner): PodDraft[] => {
      const { template, replicas } = owner.spec;
      if (template === undefined || replicas === 0) return [];
      const { labels = {}, annotations = {} } = template.metadata ?? {};
      return [{ owner, labels, annotations: { ...owner.metadata.annotations, ...annotations }, spec: template.spec }];
    }),
  );
  const written = resourcesOf(resources, kinds.pod)
    .filter(({ status }) => status?.podIP === undefined)
    .map((owner): PodDraft => ({ owner, ...owner.metadata, spec: owner.spec }));
  const drafts = [...owners, ...written];
  const made = drafts.flatMap((draft, index) => podOf(draft, index < options.maxSidecars, options.addressOf));
  const replaced = new Set<AnyResource>(written.map(({ owner }) => owner));
  return {
    resources: [
      ...resources.filter((resource) => !replaced.has(resource)),
      ...made,
      ...options.standIns.flatMap((standIn) => podOfStandIn(standIn, options.addressOf)),
    ],
    leftOut: Math.max(0, drafts.length - options.maxSidecars),
  };
}

interface PodDraft {
  readonly owner: AnyResource;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: object | undefined;
}

function podOf(
  { owner, labels, annotations, spec }: PodDraft,
  isAllowed: boolean,
  addressOf: PodOptions['addressOf'],
): AnyResource[] {
  const { name, namespace } = owner.metadata;
  const own = isAllowed ? labels : { ...labels, [INJECT_LABEL]: 'false' };
  const pods = madePod(name, namespace, own, addressOf(`${namespace}/${name}`), annotations, spec);
  // What goes wrong with it is to be told where its owner is written.
  return resourcesOf(pods, kinds.pod).map((pod) => ({ ...pod, originOf: () => owner.originOf() }));
}

function podOfStandIn({ pod, namespace, labels }: StandIn, addressOf: PodOptions['addressOf']): AnyResource[] {
  return madePod(pod, namespace, { ...labels, [INJECT_LABEL]: 'false' }, addressOf(`${namespace}/${pod}`));
}

function madePod(
  name: string,
  namespace: string,
  labels: Readonly<Record<string, string>>,
  podIP: string,
  annotations: Readonly<Record<string, string>> = {},
  spec: object = { containers: [{ name: 'stand-in', image: 'stand-in' }] },
): AnyResource[] {
  return parseObject({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels, annotations },
    spec,
    status: { podIP },
  }).resources;
}
