import type {
  ClusterConfig,
  DomainConfig,
  ForwardAction,
  GatewayConfig,
  RouteConfig,
} from '../../../src/engine/config.ts';
import type { ConfigOrigin } from '../../../src/engine/values.ts';
import { composeRoot } from '../../../src/snapshot/compose-root.ts';
import { encodeContent, type SnapshotInput } from '../../../src/snapshot/encode.ts';
import { sourcesKey } from '../../../src/snapshot/format.ts';
import { sha256Hex } from '../../../src/snapshot/hash.ts';
import { sealRoot } from '../../../src/snapshot/sign.ts';

const ORIGIN: ConfigOrigin = { kind: 'VirtualService', namespace: 'default', name: 'test' };

/** A gateway with one plaintext port, and a host whose routes are given. */
export function meshOf(
  routes: readonly RouteConfig[],
  clusters: readonly ClusterConfig[],
  options: { readonly host?: string; readonly gateway?: Partial<GatewayConfig> } = {},
): SnapshotInput {
  const host = options.host ?? '*';
  const domain: DomainConfig = {
    domain: host,
    virtualHosts: { 'http.80': { name: `${host}:80`, httpsRedirect: false, routes } },
  };
  return {
    config: {
      listeners: [
        { port: 80, tls: false, tables: [{ name: 'http.80', sniHosts: [], policies: 'edge', origin: ORIGIN }] },
      ],
      settings: {
        pathNormalization: 'BASE',
        trustDomain: 'cluster.local',
        numTrustedProxies: 0,
        serverHeader: 'istio-envoy',
        identity: 'spiffe://cluster.local/ns/istio-system/sa/istio-ingressgateway',
      },
      policies: { edge: { jwt: [], authorization: { custom: [], audit: [], deny: [], allow: [], providers: {} } } },
      ...options.gateway,
    },
    domains: new Map([[host, domain]]),
    clusters: new Map(clusters.map((cluster) => [cluster.name, cluster])),
  };
}

export function route(action: RouteConfig['action'], rest: Partial<RouteConfig> = {}): RouteConfig {
  return { name: '', match: {}, origin: ORIGIN, ...rest, action };
}

export function forwardTo(cluster: string, rest: Partial<ForwardAction> = {}): ForwardAction {
  return { kind: 'forward', destinations: [{ weight: 100, cluster, origin: ORIGIN }], timeoutMs: 0, ...rest };
}

export function cluster(name: string, upstream: ClusterConfig['upstream']): ClusterConfig {
  const [, port = '80', , host = name] = name.split('|');
  return { name, host, port: Number(port), state: 'ready', upstream };
}

/** What a publisher would write for it, by key. */
export async function snapshotEntries(input: SnapshotInput, version = 1): Promise<Map<string, string>> {
  const encoded = await encodeContent(input);
  const sources = JSON.stringify(encoded.sources);
  const base = await sha256Hex(sources);
  const { root } = composeRoot(
    encoded,
    { base, edits: [] },
    {
      mesh: 'test',
      syncer: 'test',
      createdAtMs: 0,
      previous: undefined,
      previousVersion: 0,
      keepVersions: 0,
      graceMs: 0,
    },
  );
  const text = await sealRoot(JSON.stringify({ ...root, version }), undefined);
  return new Map([...encoded.pieces, [sourcesKey(base), sources], ['root', text]]);
}
