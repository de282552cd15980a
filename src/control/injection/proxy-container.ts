import type { V1Container, V1ContainerPort, V1EnvVar, V1Lifecycle, V1Probe } from '@kubernetes/client-node';
import { PROXY_CONTAINER } from './names.ts';
import type { PodSettings } from './pod-settings.ts';
import type { InjectionSettings } from './settings.ts';
import { UNPRIVILEGED } from './unprivileged.ts';
import { AGENT_FOLDER, PODINFO_FOLDER, PROXY_MOUNTS, ROOTS_FILE, TOKEN_FILE } from './volumes.ts';
import type { WorkloadName } from './workload-identity.ts';

const READINESS_PORT = 15_021;
const METRICS_PORT = 15_090;
const PROXY_COMMAND = 'foresail';

/** What one proxy container depends on. */
export interface ProxyContainerInput {
  readonly type: 'sidecar' | 'router';
  readonly settings: InjectionSettings;
  readonly pod: PodSettings;
  readonly workload: WorkloadName;
  readonly appContainers: readonly V1Container[];
  /** ISTIO_KUBE_APP_PROBERS; empty: no probe was moved. */
  readonly probes: Readonly<Record<string, unknown>>;
  /** Of the pod's own annotations prometheus.io/…, before they were changed. */
  readonly appMetrics: Readonly<Record<string, string>> | undefined;
  readonly isNative: boolean;
}

/** The container with the agent and Envoy. */
export function proxyContainer(input: ProxyContainerInput): V1Container {
  const { settings, pod, isNative } = input;
  return {
    name: PROXY_CONTAINER,
    image: pod.image,
    ...(settings.imagePullPolicy !== undefined && { imagePullPolicy: settings.imagePullPolicy }),
    args: agentArguments(input),
    env: environment(input),
    ports: [{ name: 'http-envoy-prom', containerPort: METRICS_PORT, protocol: 'TCP' }],
    ...(pod.proxy.statusPort !== 0 && probes(pod)),
    ...(isNative && { restartPolicy: 'Always' }),
    ...lifecycleOf(input),
    resources: pod.proxy.resources,
    securityContext: UNPRIVILEGED,
    volumeMounts: [...PROXY_MOUNTS],
  };
}

/** The command line of `foresail agent` (src/cli/commands/agent.ts). */
function agentArguments({ type, settings, pod, workload }: ProxyContainerInput): string[] {
  const { proxy, discoveryAddress } = pod;
  const host = discoveryAddress.replace(/:\d+$/, '');
  return [
    'agent',
    ['--type', type],
    ['--domain', settings.clusterDomain],
    ['--app', workload.canonicalName],
    ['--ca-roots', ROOTS_FILE],
    ['--token', TOKEN_FILE],
    ['--xds', discoveryAddress],
    ['--xds-server-name', host],
    ['--dir', AGENT_FOLDER],
    ['--pod-info', PODINFO_FOLDER],
    ['--concurrency', String(threads(pod))],
    ['--log-level', proxy.logLevel],
    ['--component-log-level', proxy.componentLogLevel],
    ['--status-port', String(proxy.statusPort === 0 ? 15_020 : proxy.statusPort)],
    ['--drain', String(proxy.drainS)],
  ].flat();
}

/** Istio's rule: what is asked for, else as many as the CPU limit allows. */
function threads({ proxy }: PodSettings): number {
  if (proxy.concurrency !== undefined && proxy.concurrency > 0) return proxy.concurrency;
  const limit = proxy.resources.limits?.cpu;
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(m?)$/.exec(limit ?? '') ?? [];
  if (amount === undefined) return 2;
  return Math.max(1, Math.ceil(unit === 'm' ? Number(amount) / 1000 : Number(amount)));
}

function environment(input: ProxyContainerInput): V1EnvVar[] {
  const { settings, pod, workload, appContainers, probes, appMetrics } = input;
  const interception = pod.capture === undefined ? 'NONE' : 'REDIRECT';
  const ports = appContainers.flatMap((container) => container.ports ?? []).map(podPort);
  const variables: Readonly<Record<string, string>> = {
    PILOT_CERT_PROVIDER: 'istiod',
    CA_ADDR: pod.discoveryAddress,
    TRUST_DOMAIN: settings.trustDomain,
    PROXY_CONFIG: JSON.stringify(pod.proxyConfig),
    ISTIO_META_POD_PORTS: JSON.stringify(ports),
    ISTIO_META_APP_CONTAINERS: appContainers.map(({ name }) => name).join(','),
    ISTIO_META_CLUSTER_ID: settings.clusterId,
    ISTIO_META_INTERCEPTION_MODE: interception,
    ...(settings.network !== '' && { ISTIO_META_NETWORK: settings.network }),
    ISTIO_META_WORKLOAD_NAME: workload.name,
    ISTIO_META_OWNER: workload.owner,
    ISTIO_META_MESH_ID: pod.meshId,
    ...(Object.keys(probes).length > 0 && { ISTIO_KUBE_APP_PROBERS: JSON.stringify(probes) }),
    ...(appMetrics !== undefined && { ISTIO_PROMETHEUS_ANNOTATIONS: JSON.stringify(appMetrics) }),
    ...pod.proxy.environment,
  };
  const fields: Readonly<Record<string, string>> = {
    POD_NAME: 'metadata.name',
    POD_NAMESPACE: 'metadata.namespace',
    INSTANCE_IP: 'status.podIP',
    SERVICE_ACCOUNT: 'spec.serviceAccountName',
    HOST_IP: 'status.hostIP',
    ISTIO_META_NODE_NAME: 'spec.nodeName',
  };
  return [
    ...Object.entries(fields).map(([name, fieldPath]) => ({ name, valueFrom: { fieldRef: { fieldPath } } })),
    ...Object.entries(variables).map(([name, value]) => ({ name, value })),
  ];
}

function podPort({ name, containerPort, protocol }: V1ContainerPort) {
  return { ...(name !== undefined && { name }), containerPort, ...(protocol !== undefined && { protocol }) };
}

/** The application starts when Envoy has its configuration; a native sidecar's startup probe already holds it back. */
function probes({ proxy }: PodSettings): { readinessProbe: V1Probe; startupProbe: V1Probe } {
  const httpGet = { path: '/healthz/ready', port: READINESS_PORT };
  return {
    readinessProbe: { httpGet, ...proxy.readiness, timeoutSeconds: 3 },
    startupProbe: { httpGet, periodSeconds: 1, failureThreshold: 600, timeoutSeconds: 3 },
  };
}

function lifecycleOf({ pod, isNative, type }: ProxyContainerInput): { lifecycle?: V1Lifecycle } {
  if (pod.proxy.lifecycle !== undefined) return { lifecycle: pod.proxy.lifecycle };
  const run = (...command: string[]) => ({ exec: { command: [PROXY_COMMAND, ...command] } });
  // A native sidecar is ended after the application, but its clients are to leave when the pod begins to end.
  if (isNative) return { lifecycle: { preStop: run('agent', 'drain') } };
  if (type === 'sidecar' && pod.proxy.isHoldingApplication) {
    return { lifecycle: { postStart: run('agent', 'wait') } };
  }
  return {};
}
