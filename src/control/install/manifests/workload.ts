import type { K8sSettings } from '../operator-spec.ts';

interface Scaling {
  readonly replicaCount?: number | undefined;
  readonly autoscaleEnabled?: boolean | undefined;
  readonly autoscaleMin?: number | undefined;
  readonly autoscaleMax?: number | undefined;
  readonly nodeSelector?: Record<string, string> | undefined;
  readonly tolerations?: readonly unknown[] | undefined;
  readonly affinity?: unknown;
  readonly podAnnotations?: Record<string, string> | undefined;
}

/** How many replicas a component has: a fixed number, or what an autoscaler chooses. */
export interface Replicas {
  /** Undefined: the autoscaler's business, and no apply may reset it. */
  readonly fixed: number | undefined;
  readonly autoscaler: Readonly<Record<string, unknown>> | undefined;
}

const DEFAULT_MAX_REPLICAS = 5;

/** `k8s` of the component goes before Helm values. A count without more is what its writer expects to see. */
export function replicasOf(k8s: K8sSettings, values: Scaling, defaultMin: number): Replicas {
  const count = k8s.replicaCount ?? values.replicaCount;
  if (k8s.hpaSpec !== undefined) return { fixed: undefined, autoscaler: { ...k8s.hpaSpec } };
  const isScaled = values.autoscaleEnabled ?? count === undefined;
  if (!isScaled) return { fixed: count ?? 1, autoscaler: undefined };
  const minReplicas = values.autoscaleMin ?? count ?? defaultMin;
  return {
    fixed: undefined,
    autoscaler: {
      minReplicas,
      maxReplicas: Math.max(minReplicas, values.autoscaleMax ?? DEFAULT_MAX_REPLICAS),
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
      ],
    },
  };
}

/** Where the pods may run: one beside the other only where there is no other place. */
export function schedulingOf(
  k8s: K8sSettings,
  values: Scaling,
  selector: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const spread = ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: selector },
  }));
  const nodeSelector = k8s.nodeSelector ?? values.nodeSelector;
  const tolerations = k8s.tolerations ?? values.tolerations;
  const affinity = k8s.affinity ?? values.affinity;
  return {
    topologySpreadConstraints: spread,
    ...(nodeSelector !== undefined && { nodeSelector }),
    ...(tolerations !== undefined && { tolerations }),
    ...(affinity !== undefined && { affinity }),
    ...(k8s.priorityClassName !== undefined && { priorityClassName: k8s.priorityClassName }),
  };
}
