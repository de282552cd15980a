import type { KubeObject } from '../kube-object.ts';
import type { K8sSettings } from '../operator-spec.ts';
import type { Replicas } from './workload.ts';

interface Around {
  readonly name: string;
  readonly namespace: string;
  readonly selector: Readonly<Record<string, string>>;
  readonly replicas: Replicas;
  readonly k8s: K8sSettings;
}

/** The autoscaler, where there is one, and the budget by which nodes are emptied one replica at a time. */
export function aroundDeployment({ name, namespace, selector, replicas, k8s }: Around): KubeObject[] {
  const metadata = { name, namespace, labels: selector };
  const budget: KubeObject = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata,
    // One of one could never be moved by minAvailable.
    spec: { maxUnavailable: 1, ...k8s.podDisruptionBudget, selector: { matchLabels: selector } },
  };
  if (replicas.autoscaler === undefined) return [budget];
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name };
  return [
    budget,
    {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata,
      spec: { ...replicas.autoscaler, scaleTargetRef },
    },
  ];
}
