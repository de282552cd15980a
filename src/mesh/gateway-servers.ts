import type { ConfigOrigin } from '../engine/values.ts';
import type { Finding } from '../resources/finding.ts';
import { finding, messages } from '../resources/finding-messages.ts';
import type { ServerTlsSettings } from '../resources/istio/server-tls.ts';
import type { IstioGateway as Gateway } from '../resources/kinds.ts';
import { configOrigin } from './config-origin.ts';
import { labelsMatch } from './labels.ts';
import type { GatewayWorkload } from './model.ts';

/** One server of one Gateway, attached to a gateway workload. */
export interface AttachedServer {
  /** `ns/name` of its Gateway: what VirtualServices bind to. */
  readonly gateway: string;
  readonly gatewayNamespace: string;
  readonly portName: string;
  /** `namespace` admits only VirtualServices of that namespace; undefined admits all. */
  readonly hosts: readonly { readonly namespace: string | undefined; readonly name: string }[];
  readonly httpsRedirect: boolean;
  readonly tls?: ServerTlsSettings;
  readonly origin: ConfigOrigin;
}

/** Route tables of one port: one for all plaintext servers, one for each server that terminates TLS. */
export interface AttachedListener {
  readonly port: number;
  readonly tls: boolean;
  readonly tables: AttachedTable[];
}

export interface AttachedTable {
  readonly name: string;
  readonly servers: AttachedServer[];
}

export interface Attachment {
  readonly listeners: readonly AttachedListener[];
  readonly findings: readonly Finding[];
}

/** A server that no Gateway resource describes: those of Ingresses. */
export interface GeneratedServer {
  readonly port: number;
  readonly transport: 'http' | 'https';
  readonly server: AttachedServer;
}

type Transport = 'http' | 'https' | 'opaque';

/**
 * The servers that a gateway workload serves, merged by port (ISTIO.md 1.1): Gateways oldest first; the first
 * server decides what a port speaks; plaintext HTTP servers share one route table, TLS servers keep their own
 * unless one of their hosts is taken already.
 */
export function attachGateways(
  gateways: readonly Gateway[],
  workload: GatewayWorkload,
  generated: readonly GeneratedServer[],
): Attachment {
  const listeners = new Map<number, ListenerDraft>();
  const findings: Finding[] = [];
  for (const gateway of gateways) {
    if (!serves(workload, gateway)) continue;
    for (const [index, server] of (gateway.spec.servers ?? []).entries()) {
      const path = ['spec', 'servers', index];
      const { port } = server;
      const transport = transportOf(port.protocol, server.tls?.mode, server.tls !== undefined);
      if (transport === 'opaque') {
        findings.push(notAtEdge(gateway, path, port.protocol));
        continue;
      }
      const number = port.number ?? 0;
      const listener = listenerAt(listeners, number, transport);
      const attached: AttachedServer = {
        gateway: `${gateway.metadata.namespace}/${gateway.metadata.name}`,
        gatewayNamespace: gateway.metadata.namespace,
        portName: port.name ?? '',
        hosts: (server.hosts ?? []).map((host) => serverHost(host, gateway.metadata.namespace)),
        httpsRedirect: server.tls?.httpsRedirect === true,
        ...(server.tls === undefined ? {} : { tls: server.tls }),
        origin: configOrigin(gateway, path),
      };
      if (server.tls !== undefined && isMutual(server.tls.mode)) findings.push(clientCertificates(gateway, path));
      const rejected = addServer(listener, attached, transport);
      if (rejected !== undefined) {
        findings.push(
          finding(messages.GatewayServerRejected, gateway.originOf(path), { port: number, reason: rejected }),
        );
      }
    }
  }
  for (const { port, transport, server } of generated) {
    addServer(listenerAt(listeners, port, transport), server, transport);
  }
  return { listeners: [...listeners.values()].sort((a, b) => a.port - b.port), findings };
}

type ListenerDraft = AttachedListener & { readonly sniHosts: Set<string> };

/** The first server on a port decides what it speaks. */
function listenerAt(listeners: Map<number, ListenerDraft>, port: number, transport: 'http' | 'https'): ListenerDraft {
  let listener = listeners.get(port);
  if (listener === undefined) {
    listener = { port, tls: transport === 'https', tables: [], sniHosts: new Set() };
    listeners.set(port, listener);
  }
  return listener;
}

export function serves(workload: GatewayWorkload, gateway: Gateway): boolean {
  const { namespace, name } = gateway.metadata;
  if (workload.only !== undefined && !workload.only.includes(`${namespace}/${name}`)) return false;
  return labelsMatch(gateway.spec.selector, workload.labels);
}

export function transportOf(protocol: string, tlsMode: string | undefined, hasTls: boolean): Transport {
  switch (protocol.toUpperCase()) {
    case 'HTTP':
    case 'HTTP2':
    case 'GRPC':
    case 'GRPC-WEB':
      return 'http';
    case 'HTTPS':
      // Mode PASSTHROUGH is the default once `tls` is given.
      return hasTls && (tlsMode === undefined || tlsMode === 'PASSTHROUGH' || tlsMode === 'AUTO_PASSTHROUGH')
        ? 'opaque'
        : 'https';
    default:
      return 'opaque';
  }
}

/** `ns/host`, `./host`, `*​/host` or `host`. */
export function serverHost(text: string, gatewayNamespace: string): { namespace: string | undefined; name: string } {
  const slash = text.indexOf('/');
  const name = text.slice(slash + 1).toLowerCase();
  if (slash === -1) return { namespace: undefined, name };
  const namespace = text.slice(0, slash);
  if (namespace === '*') return { namespace: undefined, name };
  return { namespace: namespace === '.' ? gatewayNamespace : namespace, name };
}

/** Adds a server to its port's listener; the reason when it cannot be. */
function addServer(listener: ListenerDraft, server: AttachedServer, transport: 'http' | 'https'): string | undefined {
  if (listener.tls !== (transport === 'https')) {
    return `an older server already speaks ${listener.tls ? 'TLS' : 'plaintext HTTP'} on this port`;
  }
  if (transport === 'http') {
    const [table] = listener.tables;
    if (table === undefined) listener.tables.push({ name: `http.${listener.port}`, servers: [server] });
    else table.servers.push(server);
    return undefined;
  }
  const taken = server.hosts.find(({ name }) => listener.sniHosts.has(name));
  if (taken !== undefined) return `an older server already terminates TLS for ${taken.name} on this port`;
  for (const { name } of server.hosts) listener.sniHosts.add(name);
  const [namespace, name] = server.gateway.split('/');
  listener.tables.push({
    name: `https.${listener.port}.${server.portName}.${name}.${namespace}`,
    servers: [server],
  });
  return undefined;
}

function isMutual(mode: string | undefined): boolean {
  return mode === 'MUTUAL' || mode === 'ISTIO_MUTUAL' || mode === 'OPTIONAL_MUTUAL';
}

function clientCertificates(gateway: Gateway, path: (string | number)[]): Finding {
  return finding(messages.NotExecutableAtEdge, gateway.originOf([...path, 'tls', 'mode']), {
    what: 'Asking clients for a certificate',
    why: 'a worker is called after the TLS handshake',
    where: 'in the settings of the platform in front of the worker (mTLS of the zone), which tells the edge the result',
  });
}

function notAtEdge(gateway: Gateway, path: (string | number)[], protocol: string): Finding {
  return finding(messages.NotExecutableAtEdge, gateway.originOf(path), {
    what: `A server of protocol ${protocol} that is not terminated`,
    why: 'a worker receives HTTP requests, not connections',
    where: 'in the classic Envoy gateway',
  });
}
