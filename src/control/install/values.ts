import * as z from 'zod';
import { InstallError } from './install-error.ts';

const open = z.record(z.string(), z.unknown());
const strings = z.record(z.string(), z.string());
const text = z.union([z.string(), z.number()]).transform(String);
const selectors = z.array(
  z.looseObject({
    matchLabels: strings.optional(),
    matchExpressions: z
      .array(z.object({ key: z.string(), operator: z.string(), values: z.array(z.string()).optional() }))
      .optional(),
  }),
);
const resources = z.looseObject({
  requests: z.record(z.string(), text).optional(),
  limits: z.record(z.string(), text).optional(),
});
const scaling = {
  replicaCount: z.int().min(0).optional(),
  autoscaleEnabled: z.boolean().optional(),
  autoscaleMin: z.int().min(1).optional(),
  autoscaleMax: z.int().min(1).optional(),
  resources: resources.optional(),
  nodeSelector: strings.optional(),
  tolerations: z.array(open).optional(),
  affinity: open.optional(),
  podAnnotations: strings.optional(),
};
const gatewayValues = z.looseObject({
  ...scaling,
  labels: strings.optional(),
  type: z.enum(['LoadBalancer', 'NodePort', 'ClusterIP']).optional(),
  loadBalancerIP: z.string().optional(),
  externalTrafficPolicy: z.string().optional(),
  serviceAnnotations: strings.optional(),
  ports: z.array(open).optional(),
});

/** Helm values of Istio's charts, as far as they mean something here. */
export const installValues = z.looseObject({
  revision: z.string().optional(),
  global: z
    .looseObject({
      hub: z.string().optional(),
      tag: text.optional(),
      imagePullPolicy: z.enum(['', 'Always', 'IfNotPresent', 'Never']).optional(),
      imagePullSecrets: z.array(z.string()).default([]),
      istioNamespace: z.string().optional(),
      meshID: z.string().optional(),
      network: z.string().optional(),
      multiCluster: z.looseObject({ clusterName: z.string().optional() }).optional(),
      remotePilotAddress: z.string().optional(),
      logAsJson: z.boolean().optional(),
      priorityClassName: z.string().optional(),
      proxy: z
        .looseObject({
          image: z.string().optional(),
          clusterDomain: z.string().optional(),
          resources: resources.optional(),
          logLevel: z.string().optional(),
          componentLogLevel: z.string().optional(),
          statusPort: z.int().optional(),
          includeIPRanges: z.string().optional(),
          excludeIPRanges: z.string().optional(),
          includeOutboundPorts: z.string().optional(),
          excludeOutboundPorts: z.string().optional(),
          includeInboundPorts: z.string().optional(),
          excludeInboundPorts: z.string().optional(),
          holdApplicationUntilProxyStarts: z.boolean().optional(),
          readinessInitialDelaySeconds: z.int().optional(),
          readinessPeriodSeconds: z.int().optional(),
          readinessFailureThreshold: z.int().optional(),
          lifecycle: open.optional(),
        })
        .prefault({}),
      proxy_init: z.looseObject({ resources: resources.optional() }).optional(),
    })
    .prefault({}),
  pilot: z
    .looseObject({
      ...scaling,
      env: z.record(z.string(), text).optional(),
      cni: z.looseObject({ enabled: z.boolean().optional() }).optional(),
    })
    .prefault({}),
  cni: z.looseObject({ enabled: z.boolean().optional() }).optional(),
  sidecarInjectorWebhook: z
    .looseObject({
      enableNamespacesByDefault: z.boolean().default(false),
      rewriteAppHTTPProbe: z.boolean().default(true),
      neverInjectSelector: selectors.default([]),
      alwaysInjectSelector: selectors.default([]),
      injectedAnnotations: strings.default({}),
    })
    .prefault({}),
  gateways: z.record(z.string(), gatewayValues).default({}),
  /** Foresail's own: where foresaild publishes for the edge, and whose passes cluster gateways take. */
  edge: z
    .looseObject({
      /** Audience of edge passes: MESH of the worker. */
      mesh: z.string().default('foresail'),
      accountId: z.string().optional(),
      /** Undefined: nothing is published. */
      kvNamespaceId: z.string().optional(),
      apiBase: z.string().optional(),
      /** Name of the Secret with `api-token`, and perhaps `sign-key`, `admin-token`, `telemetry-token`. */
      secret: z.string().default('foresail-edge'),
      /** Name of the Secret that `foresail link --to-cluster` writes. */
      linkSecret: z.string().default('foresail-link'),
      /** Admin pages of edges, asked what they serve. */
      urls: z.array(z.string()).default([]),
    })
    .prefault({}),
});

export type InstallValues = z.output<typeof installValues>;
export type GatewayValues = z.output<typeof gatewayValues>;

export function parseValues(values: unknown): InstallValues {
  const parsed = installValues.safeParse(values);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `values.${path.join('.')}: ${message}`);
  throw new InstallError('values cannot be read', { why: problems.slice(0, 5).join('; ') });
}

/** Of one gateway by its name; Istio's charts write `values.gateways.istio-ingressgateway`. */
export function gatewayValuesOf({ gateways }: InstallValues, name: string): GatewayValues {
  return gateways[name] ?? {};
}
