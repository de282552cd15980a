import * as z from 'zod';
import { InstallError } from './install-error.ts';

const open = z.record(z.string(), z.unknown());
/** With `istiod-` before it a label of DNS. */
const MAX_REVISION_LENGTH = 56;
const name = z.string().regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);

/** KubernetesResourcesSpec of the IstioOperator API: passed into manifests as it is. */
const k8s = z.looseObject({
  affinity: open.optional(),
  env: z.array(open.refine((variable) => typeof variable.name === 'string', 'it has no name')).optional(),
  hpaSpec: open.optional(),
  imagePullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).optional(),
  nodeSelector: z.record(z.string(), z.string()).optional(),
  overlays: z
    .array(
      z.object({
        apiVersion: z.string().optional(),
        kind: z.string(),
        name: z.string(),
        patches: z.array(z.object({ path: z.string(), value: z.unknown() })).default([]),
      }),
    )
    .optional(),
  podAnnotations: z.record(z.string(), z.string()).optional(),
  podDisruptionBudget: open.optional(),
  priorityClassName: z.string().optional(),
  readinessProbe: open.optional(),
  replicaCount: z.int().min(0).optional(),
  resources: open.optional(),
  securityContext: open.optional(),
  service: open.optional(),
  serviceAnnotations: z.record(z.string(), z.string()).optional(),
  strategy: open.optional(),
  tolerations: z.array(open).optional(),
});

const component = z.looseObject({
  enabled: z.boolean().default(false),
  namespace: name.optional(),
  k8s: k8s.prefault({}),
});
const gateway = component.extend({ name, label: z.record(z.string(), z.string()).optional() });

const text = z.union([z.string(), z.number()]).transform(String);

/** IstioOperator.spec, after profile, files and --set are one. What is not named here is kept and not used. */
export const operatorSpec = z.looseObject({
  profile: z.string().optional(),
  hub: z.string().optional(),
  tag: text.optional(),
  revision: z.union([z.literal(''), name]).optional(),
  namespace: name.optional(),
  meshConfig: open.default({}),
  components: z
    .looseObject({
      base: component.prefault({}),
      pilot: component.prefault({}),
      cni: component.prefault({}),
      istiodRemote: component.prefault({}),
      ingressGateways: z.array(gateway).default([]),
      egressGateways: z.array(gateway).default([]),
      clusterGateways: z.array(gateway).default([]),
    })
    .prefault({}),
  values: open.default({}),
});

/** `default` and the empty one are the same. Dots would part the name of a Service. */
export function parseRevision(revision: string): string {
  if (revision === '' || (name.safeParse(revision).success && revision.length <= MAX_REVISION_LENGTH)) return revision;
  throw new InstallError(`${revision} is no name of a revision`, {
    why: `it becomes part of the names of Services: lower case, digits and dashes, ${MAX_REVISION_LENGTH} characters at the most`,
    fix: `For example ${revision
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '')
      .slice(0, MAX_REVISION_LENGTH)}.`,
  });
}

export type OperatorSpec = z.output<typeof operatorSpec>;
export type Component = z.output<typeof component>;
export type GatewayComponent = z.output<typeof gateway>;
export type K8sSettings = z.output<typeof k8s>;

export function parseOperatorSpec(spec: unknown): OperatorSpec {
  const parsed = operatorSpec.safeParse(spec);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `spec.${path.join('.')}: ${message}`);
  throw new InstallError('the IstioOperator cannot be read', { why: problems.slice(0, 5).join('; ') });
}
