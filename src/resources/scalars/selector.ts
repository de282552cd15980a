import * as z from 'zod';

export const labels = z.record(z.string(), z.string());

/** Istio's WorkloadSelector of security.istio.io and telemetry.istio.io. */
export const workloadSelector = z.strictObject({ matchLabels: labels.optional() });

/** Istio's WorkloadSelector of networking.istio.io: the same idea under another field name. */
export const networkingWorkloadSelector = z.strictObject({ labels: labels.optional() });

/** Kubernetes' LabelSelector. */
export const labelSelector = z.strictObject({
  matchLabels: labels.optional(),
  matchExpressions: z
    .array(
      z.strictObject({
        key: z.string(),
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: z.array(z.string()).optional(),
      }),
    )
    .optional(),
});

export type LabelSelector = z.output<typeof labelSelector>;

/** Istio's PolicyTargetReference. */
export const policyTargetReference = z.strictObject({
  group: z.string().optional(),
  kind: z.string(),
  name: z.string(),
  namespace: z.string().optional(),
});

export type PolicyTargetReference = z.output<typeof policyTargetReference>;
