import type { V1Container, V1Lifecycle, V1Probe } from '@kubernetes/client-node';
import { PROXY_CONTAINER } from './names.ts';

const KINDS = { livenessProbe: 'livez', readinessProbe: 'readyz', startupProbe: 'startupz' } as const;
type ProbeField = keyof typeof KINDS;
const FIELDS: readonly ProbeField[] = ['livenessProbe', 'readinessProbe', 'startupProbe'];
const HANDLERS = { preStop: 'prestopz', postStart: 'poststartz' } as const;
/** The kubelet waits for a handler as long as the pod may take to end. */
const HANDLER_TIMEOUT_S = 30;

export interface MovedProbes {
  readonly containers: readonly V1Container[];
  /** By path on the agent's port: what ISTIO_KUBE_APP_PROBERS tells the agent (src/agent/status/probe.ts). */
  readonly moved: Readonly<Record<string, unknown>>;
  readonly warnings: readonly string[];
}

/**
 * Has the kubelet ask the agent, and the agent the application: the kubelet has no certificate of the mesh. Commands
 * (`exec`) run inside the container and stay.
 */
export function moveProbes(containers: readonly V1Container[], statusPort: number): MovedProbes {
  const moved: Record<string, unknown> = {};
  const warnings: string[] = [];
  const rewritten = containers.map((container) => {
    if (container.name === PROXY_CONTAINER) return container;
    const changes: Partial<Pick<V1Container, ProbeField | 'lifecycle'>> = {};
    const lifecycle = movedLifecycle(container, statusPort, moved, warnings);
    if (lifecycle !== undefined) changes.lifecycle = lifecycle;
    for (const field of FIELDS) {
      const probe = container[field];
      if (probe === undefined) continue;
      const path = `/app-health/${container.name}/${KINDS[field]}`;
      const asked = whatIsAsked(container, probe);
      if (asked === undefined) continue;
      if (typeof asked === 'string') {
        warnings.push(`${container.name}.${field} stays as it is: ${asked}`);
        continue;
      }
      moved[path] = { ...asked, timeoutSeconds: probe.timeoutSeconds ?? 1 };
      const { httpGet: _http, tcpSocket: _tcp, grpc: _grpc, ...rest } = probe;
      changes[field] = { ...rest, httpGet: { path, port: statusPort } };
    }
    return Object.keys(changes).length === 0 ? container : { ...container, ...changes };
  });
  return { containers: rewritten, moved, warnings };
}

/** Handlers that the kubelet calls over HTTP take the same way; undefined: there are none. */
function movedLifecycle(
  container: V1Container,
  statusPort: number,
  moved: Record<string, unknown>,
  warnings: string[],
): V1Lifecycle | undefined {
  const changes: V1Lifecycle = {};
  for (const field of ['preStop', 'postStart'] as const) {
    const handler = container.lifecycle?.[field];
    const asked = handler?.httpGet === undefined ? undefined : whatIsAsked(container, { httpGet: handler.httpGet });
    if (asked === undefined) continue;
    if (typeof asked === 'string') {
      warnings.push(`${container.name}.lifecycle.${field} stays as it is: ${asked}`);
      continue;
    }
    const path = `/app-lifecycle/${container.name}/${HANDLERS[field]}`;
    moved[path] = { ...asked, timeoutSeconds: HANDLER_TIMEOUT_S };
    changes[field] = { ...handler, httpGet: { path, port: statusPort } };
  }
  return Object.keys(changes).length === 0 ? undefined : { ...container.lifecycle, ...changes };
}

/** What the agent is to ask; undefined: nothing that needs the network of the pod; text: why it cannot be moved. */
function whatIsAsked(container: V1Container, { httpGet, tcpSocket, grpc }: V1Probe): object | string | undefined {
  const host = httpGet?.host ?? tcpSocket?.host ?? '';
  // Asked of somebody else: that the proxy does not stand in between is right.
  if (host !== '') return undefined;
  if (httpGet !== undefined) {
    const port = portNumber(container, httpGet.port);
    return port === undefined ? unknownPort(httpGet.port) : { httpGet: { ...httpGet, port } };
  }
  if (tcpSocket !== undefined) {
    const port = portNumber(container, tcpSocket.port);
    return port === undefined ? unknownPort(tcpSocket.port) : { tcpSocket: { port } };
  }
  return grpc === undefined ? undefined : { grpc };
}

function portNumber(container: V1Container, port: number | string): number | undefined {
  if (typeof port === 'number') return port;
  const named = container.ports?.find(({ name }) => name === port)?.containerPort;
  return named ?? (/^\d{1,5}$/.test(port) ? Number(port) : undefined);
}

function unknownPort(port: number | string): string {
  return `the container has no port with the name ${port}`;
}
