import { stringify } from 'yaml';
import { UNPRIVILEGED } from '../../injection/unprivileged.ts';
import { type Installation, withRevision } from '../installation.ts';
import type { KubeObject } from '../kube-object.ts';
import { aroundDeployment } from './around-deployment.ts';
import { edgeEnvironment } from './edge-environment.ts';
import { CLUSTER_GATEWAY_PORT } from './gateway.ts';
import { istiodLabels } from './labels.ts';
import { replicasOf, schedulingOf } from './workload.ts';

/** Istio's ports, without 15010: there is no plaintext door. */
export const PORTS = { status: 8080, xds: 15_012, metrics: 15_014, webhooks: 15_017 } as const;
const MESH_FOLDER = '/etc/istio/config';
const INJECT_FOLDER = '/etc/istio/inject';
const DEFAULT_RESOURCES = { requests: { cpu: '100m', memory: '256Mi' } };

/** foresaild under the names that Istio's users know: istiod. */
export function controlPlane(installation: Installation): KubeObject[] {
  const { namespace, revision, spec, values } = installation;
  const { k8s } = spec.components.pilot;
  const name = withRevision('istiod', revision);
  const selector = { app: 'istiod', 'istio.io/rev': revision };
  const replicas = replicasOf(k8s, values.pilot, 1);
  return [
    ...configMaps(installation),
    service(name, namespace, selector, installation),
    deployment(installation, name, selector, replicas.fixed),
    ...aroundDeployment({ name, namespace, selector, replicas, k8s }),
    networkPolicy(name, namespace, selector),
  ];
}

function configMaps({ namespace, revision, spec, values }: Installation): KubeObject[] {
  const configMap = (name: string, data: Record<string, string>): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: withRevision(name, revision), namespace },
    data,
  });
  const { neverInjectSelector, alwaysInjectSelector } = values.sidecarInjectorWebhook;
  return [
    configMap('istio', { mesh: stringify(spec.meshConfig), meshNetworks: 'networks: {}\n' }),
    // What `readInjection` (src/control/injection) takes its settings from; `analyze` reads it too.
    configMap('istio-sidecar-injector', {
      config: stringify({ policy: 'enabled', neverInjectSelector, alwaysInjectSelector }),
      values: JSON.stringify(values, undefined, 2),
    }),
  ];
}

function service(
  name: string,
  namespace: string,
  selector: Readonly<Record<string, string>>,
  { spec }: Installation,
): KubeObject {
  const { serviceAnnotations, service: given } = spec.components.pilot.k8s;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name,
      namespace,
      labels: { ...selector, istio: 'pilot' },
      ...(serviceAnnotations && { annotations: serviceAnnotations }),
    },
    spec: {
      ports: [
        { name: 'https-dns', port: PORTS.xds, targetPort: PORTS.xds, protocol: 'TCP' },
        { name: 'https-webhook', port: 443, targetPort: PORTS.webhooks, protocol: 'TCP' },
        { name: 'http-monitoring', port: PORTS.metrics, targetPort: PORTS.metrics, protocol: 'TCP' },
      ],
      selector,
      ...given,
    },
  };
}

function deployment(
  installation: Installation,
  name: string,
  selector: Readonly<Record<string, string>>,
  fixedReplicas: number | undefined,
): KubeObject {
  const { namespace, revision, hub, tag, spec, values } = installation;
  const { k8s } = spec.components.pilot;
  const env = [
    ...Object.entries(values.pilot.env ?? {}).map(([key, value]) => ({ name: key, value })),
    ...(k8s.env ?? []),
  ];
  const probe = { httpGet: { path: '/readyz', port: PORTS.status }, periodSeconds: 3, timeoutSeconds: 5 };
  const { imagePullSecrets, imagePullPolicy } = values.global;
  const pullPolicy = k8s.imagePullPolicy ?? imagePullPolicy;
  const container = {
    name: 'discovery',
    image: `${hub}/foresaild:${tag}`,
    ...(pullPolicy && { imagePullPolicy: pullPolicy }),
    args: foresaildArguments(name, installation),
    env: [
      { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
      { name: 'REVISION', value: revision },
      ...edgeEnvironment(values.edge),
      ...env,
    ],
    ports: [
      { name: 'http-status', containerPort: PORTS.status, protocol: 'TCP' },
      { name: 'https-xds', containerPort: PORTS.xds, protocol: 'TCP' },
      { name: 'https-webhooks', containerPort: PORTS.webhooks, protocol: 'TCP' },
      { name: 'http-monitoring', containerPort: PORTS.metrics, protocol: 'TCP' },
    ],
    readinessProbe: k8s.readinessProbe ?? probe,
    // A first list of a large cluster may take minutes; a hang afterwards may not.
    startupProbe: { ...probe, failureThreshold: 200 },
    livenessProbe: {
      httpGet: { path: '/healthz', port: PORTS.status },
      periodSeconds: 10,
      timeoutSeconds: 5,
      failureThreshold: 6,
    },
    resources: k8s.resources ?? values.pilot.resources ?? DEFAULT_RESOURCES,
    securityContext: UNPRIVILEGED,
    volumeMounts: [
      { name: 'config-volume', mountPath: MESH_FOLDER, readOnly: true },
      { name: 'inject', mountPath: INJECT_FOLDER, readOnly: true },
      { name: 'local', mountPath: '/tmp' },
    ],
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels: { ...selector, istio: 'pilot' } },
    spec: {
      ...(fixedReplicas !== undefined && { replicas: fixedReplicas }),
      strategy: k8s.strategy ?? { rollingUpdate: { maxSurge: '100%', maxUnavailable: '25%' } },
      selector: { matchLabels: selector },
      template: {
        metadata: {
          labels: { ...istiodLabels(installation), 'sidecar.istio.io/inject': 'false' },
          annotations: {
            'prometheus.io/scrape': 'true',
            'prometheus.io/port': String(PORTS.metrics),
            ...values.pilot.podAnnotations,
            ...k8s.podAnnotations,
          },
        },
        spec: {
          serviceAccountName: name,
          securityContext: { fsGroup: 1337, seccompProfile: { type: 'RuntimeDefault' }, ...k8s.securityContext },
          ...(imagePullSecrets.length > 0 && {
            imagePullSecrets: imagePullSecrets.map((secret) => ({ name: secret })),
          }),
          ...schedulingOf(k8s, values.pilot, selector),
          containers: [container],
          volumes: [
            { name: 'config-volume', configMap: { name: withRevision('istio', revision) } },
            { name: 'inject', configMap: { name: withRevision('istio-sidecar-injector', revision) } },
            { name: 'local', emptyDir: { medium: 'Memory' } },
          ],
        },
      },
    },
  };
}

/** The command line of `foresail foresaild` (src/cli/commands/foresaild.ts). */
function foresaildArguments(name: string, { revision, values: { edge } }: Installation): string[] {
  return [
    'foresaild',
    ['--revision', revision],
    ['--service', name],
    ['--listen', `0.0.0.0:${PORTS.xds}`],
    ['--http-port', String(PORTS.status)],
    ['--telemetry-port', String(PORTS.metrics)],
    ['--webhook-port', String(PORTS.webhooks)],
    ['--injector', INJECT_FOLDER],
    ['--meshConfigFile', `${MESH_FOLDER}/mesh`],
    ['--mesh', edge.mesh],
    ['--link-secret', edge.linkSecret],
    ['--gateway-listen', `0.0.0.0:${CLUSTER_GATEWAY_PORT}`],
    ...edge.urls.map((url) => ['--edge', url]),
    ['--output', 'json'],
  ].flat();
}

/** Pods reach configuration and certificates, the API server its webhooks; everything else has no business there. */
function networkPolicy(name: string, namespace: string, selector: Readonly<Record<string, string>>): KubeObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace, labels: selector },
    spec: {
      podSelector: { matchLabels: selector },
      policyTypes: ['Ingress'],
      ingress: [{ ports: Object.values(PORTS).map((port) => ({ port, protocol: 'TCP' })) }],
    },
  };
}
