import * as z from 'zod';
import { portNumber } from '../scalars/numbers.ts';
import { labels } from '../scalars/selector.ts';
import { probe } from './probe.ts';

const securityContext = z.object({
  runAsUser: z.int().optional(),
  runAsGroup: z.int().optional(),
  runAsNonRoot: z.boolean().optional(),
  privileged: z.boolean().optional(),
  capabilities: z.object({ add: z.array(z.string()).optional(), drop: z.array(z.string()).optional() }).optional(),
});

const container = z.object({
  name: z.string(),
  image: z.string().optional(),
  args: z.array(z.string()).optional(),
  ports: z
    .array(
      z.object({
        name: z.string().optional(),
        containerPort: portNumber,
        hostPort: z.int().optional(),
        protocol: z.string().optional(),
      }),
    )
    .optional(),
  env: z.array(z.object({ name: z.string(), value: z.string().optional() })).optional(),
  livenessProbe: probe.optional(),
  readinessProbe: probe.optional(),
  startupProbe: probe.optional(),
  /** `Always` on an init container makes it a native sidecar. */
  restartPolicy: z.string().optional(),
  securityContext: securityContext.optional(),
});

export type Container = z.output<typeof container>;

/** Of a pod, as far as the mesh reads it. */
export const podSpec = z.object({
  nodeName: z.string().optional(),
  serviceAccountName: z.string().optional(),
  /** The old name of `serviceAccountName`. */
  serviceAccount: z.string().optional(),
  hostNetwork: z.boolean().optional(),
  hostname: z.string().optional(),
  subdomain: z.string().optional(),
  containers: z.array(container).prefault([]),
  initContainers: z.array(container).optional(),
  securityContext: securityContext.extend({ fsGroup: z.int().optional() }).optional(),
  terminationGracePeriodSeconds: z.int().optional(),
});

export type PodSpec = z.output<typeof podSpec>;

/** Of a workload kind: what the pods it makes look like. */
export const podTemplate = z.object({
  metadata: z.object({ labels: labels.optional(), annotations: labels.optional() }).optional(),
  spec: podSpec.optional(),
});

export type PodTemplate = z.output<typeof podTemplate>;
