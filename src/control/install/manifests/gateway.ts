import type { V1Pod } from '@kubernetes/client-node';
import { injectPod } from '../../injection/inject-pod.ts';
import type { InjectionSettings } from '../../injection/settings.ts';
import { InstallError } from '../install-error.ts';
import type { Installation } from '../installation.ts';
import type { KubeObject } from '../kube-object.ts';
import type { GatewayComponent } from '../operator-spec.ts';
import { gatewayValuesOf } from '../values.ts';
import { aroundDeployment } from './around-deployment.ts';
import { replicasOf, schedulingOf } from './workload.ts';

export type GatewayKind = 'ingress' | 'egress';

/** Envoy opens the target ports: a process without privileges may not open those below 1024. */
const HTTP_PORTS = [
  { name: 'http2', port: 80, targetPort: 8080, protocol: 'TCP' },
  { name: 'https', port: 443, targetPort: 8443, protocol: 'TCP' },
];
const STATUS_PORT = { name: 'status-port', port: 15_021, targetPort: 15_021, protocol: 'TCP' };
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
  const selector = { app: name, istio: kind === 'ingress' ? 'ingressgateway' : 'egressgateway', ...component.label };
  const account = `${name}-service-account`;
  const values = gatewayValuesOf(installation.values, name);
  const replicas = replicasOf(k8s, values, 1);
  const { annotations, spec } = podOf(installation, component, selector, account, namespace, injector);
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
        type: values.type ?? (kind === 'ingress' ? 'LoadBalancer' : 'ClusterIP'),
        selector,
        ports: values.ports ?? (kind === 'ingress' ? [STATUS_PORT, ...HTTP_PORTS] : HTTP_PORTS),
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
          spec: { ...spec.pod, ...schedulingOf(k8s, values) },
        },
      },
    },
    ...aroundDeployment({ name, namespace, selector, replicas, k8s }),
  ];
}

/** The injector's own gateway template, filled in at once: the gateway needs no webhook to start. */
function podOf(
  { values }: Installation,
  { name, k8s }: GatewayComponent,
  selector: Record<string, string>,
  account: string,
  namespace: string,
  injector: InjectionSettings,
) {
  const own = gatewayValuesOf(values, name);
  const written: V1Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      labels: { ...selector, 'service.istio.io/canonical-name': name, 'service.istio.io/canonical-revision': 'latest' },
      annotations: { 'inject.istio.io/templates': 'gateway', ...own.podAnnotations, ...k8s.podAnnotations },
    },
    spec: {
      serviceAccountName: account,
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
      ...HTTP_PORTS.map((port) => ({ name: port.name, containerPort: port.targetPort, protocol: 'TCP' })),
      ...(proxy?.ports ?? []),
    ],
  };
  const labels = { ...metadata?.labels, 'sidecar.istio.io/inject': 'false' };
  return { annotations: metadata?.annotations, spec: { labels, pod: { ...spec, containers: [container, ...others] } } };
}
