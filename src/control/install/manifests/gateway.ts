import type { V1Pod } from '@kubernetes/client-node';
import { CLUSTER_GATEWAY_LABEL } from '../../../xds/roles.ts';
import { injectPod } from '../../injection/inject-pod.ts';
import type { InjectionSettings } from '../../injection/settings.ts';
import { InstallError } from '../install-error.ts';
import type { Installation } from '../installation.ts';
import type { KubeObject } from '../kube-object.ts';
import type { GatewayComponent } from '../operator-spec.ts';
import { gatewayValuesOf } from '../values.ts';
import { aroundDeployment } from './around-deployment.ts';
import { replicasOf, schedulingOf } from './workload.ts';

export type GatewayKind = 'ingress' | 'egress' | 'cluster';

/** On which cluster gateways take what the edge sends. */
export const CLUSTER_GATEWAY_PORT = 8080;
/** Envoy opens the target ports: a process without privileges may not open those below 1024. */
const HTTP_PORTS = [
  { name: 'http2', port: 80, targetPort: 8080, protocol: 'TCP' },
  { name: 'https', port: 443, targetPort: 8443, protocol: 'TCP' },
];
/** Plaintext: a tunnel or a load balancer that ends TLS stands in front of it. */
const CLUSTER_PORTS = [{ name: 'http', port: 80, targetPort: CLUSTER_GATEWAY_PORT, protocol: 'TCP' }];
const STATUS_PORT = { name: 'status-port', port: 15_021, targetPort: 15_021, protocol: 'TCP' };

interface Role {
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceType: string;
  readonly servicePorts: readonly object[];
  readonly listenPorts: readonly { readonly name: string; readonly targetPort: number }[];
}

const ROLES: Readonly<Record<GatewayKind, Role>> = {
  ingress: {
    labels: { istio: 'ingressgateway' },
    serviceType: 'LoadBalancer',
    servicePorts: [STATUS_PORT, ...HTTP_PORTS],
    listenPorts: HTTP_PORTS,
  },
  egress: {
    labels: { istio: 'egressgateway' },
    serviceType: 'ClusterIP',
    servicePorts: HTTP_PORTS,
    listenPorts: HTTP_PORTS,
  },
  cluster: {
    labels: { istio: 'clustergateway', [CLUSTER_GATEWAY_LABEL]: 'true' },
    serviceType: 'ClusterIP',
    servicePorts: CLUSTER_PORTS,
    listenPorts: CLUSTER_PORTS,
  },
};

const DEFAULT_RESOURCES = { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '2000m', memory: '1024Mi' } };

/** An Envoy at the border of the cluster, with everything around it. */
export function gateway(
  installation: Installation,
  component: GatewayComponent,
  kind: GatewayKind,
  injector: InjectionSettings,
): KubeObject[] {
  const { name, k8s } = component;
  const namespace = component.namespace ?? installation.namespace;
  const role = ROLES[kind];
  const account = `${name}-service-account`;
  const values = gatewayValuesOf(installation.values, name);
  const selector = { app: name, ...role.labels, ...values.labels, ...component.label };
  const replicas = replicasOf(k8s, values, 1);
  const { annotations, spec } = podOf(installation, component, role, { selector, account, namespace }, injector);
  const serviceAnnotations = { ...values.serviceAnnotations, ...k8s.serviceAnnotations };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account, namespace, labels: selector } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name,
        namespace,
        labels: selector,
        ...(Object.keys(serviceAnnotations).length > 0 && { annotations: serviceAnnotations }),
      },
      spec: {
        type: values.type ?? role.serviceType,
        selector,
        ports: values.ports ?? role.servicePorts,
        ...(values.loadBalancerIP && { loadBalancerIP: values.loadBalancerIP }),
        ...(values.externalTrafficPolicy && { externalTrafficPolicy: values.externalTrafficPolicy }),
        ...k8s.service,
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace, labels: selector },
      spec: {
        ...(replicas.fixed !== undefined && { replicas: replicas.fixed }),
        strategy: k8s.strategy ?? { rollingUpdate: { maxSurge: '100%', maxUnavailable: '25%' } },
        selector: { matchLabels: selector },
        template: {
          metadata: { labels: { ...selector, ...spec.labels }, annotations },
          spec: { ...spec.pod, ...schedulingOf(k8s, values, selector) },
        },
      },
    },
    ...aroundDeployment({ name, namespace, selector, replicas, k8s }),
  ];
}

interface Where {
  readonly selector: Readonly<Record<string, string>>;
  readonly account: string;
  readonly namespace: string;
}

/** The injector's own gateway template, filled in at once: the gateway needs no webhook to start. */
function podOf(
  { values }: Installation,
  { name, k8s }: GatewayComponent,
  { listenPorts }: Role,
  { selector, account, namespace }: Where,
  injector: InjectionSettings,
) {
  const own = gatewayValuesOf(values, name);
  const written: V1Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      // For its name in telemetry alone.
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name, uid: '', controller: true }],
      labels: { ...selector, 'service.istio.io/canonical-name': name, 'service.istio.io/canonical-revision': 'latest' },
      annotations: { 'inject.istio.io/templates': 'gateway', ...own.podAnnotations, ...k8s.podAnnotations },
    },
    spec: {
      serviceAccountName: account,
      // The agent shows its own token to foresaild; it never calls the API server.
      automountServiceAccountToken: false,
      securityContext: { seccompProfile: { type: 'RuntimeDefault' }, ...k8s.securityContext },
      containers: [{ name: 'istio-proxy', image: 'auto' }],
    },
  };
  const outcome = injectPod(written, namespace, injector);
  if (outcome.kind !== 'injected') throw new InstallError(`the gateway ${name} cannot be made`, { why: outcome.kind });
  const { metadata, spec } = outcome.pod;
  const [proxy, ...others] = spec?.containers ?? [];
  const container = {
    ...proxy,
    ...(k8s.imagePullPolicy && { imagePullPolicy: k8s.imagePullPolicy }),
    env: [...(proxy?.env ?? []), ...(k8s.env ?? [])],
    resources: k8s.resources ?? own.resources ?? DEFAULT_RESOURCES,
    ports: [
      { name: 'status-port', containerPort: 15_021, protocol: 'TCP' },
      ...listenPorts.map((port) => ({ name: port.name, containerPort: port.targetPort, protocol: 'TCP' })),
      ...(proxy?.ports ?? []),
    ],
  };
  const labels = { ...metadata?.labels, 'sidecar.istio.io/inject': 'false' };
  return { annotations: metadata?.annotations, spec: { labels, pod: { ...spec, containers: [container, ...others] } } };
}
