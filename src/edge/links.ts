import type { ClusterConfig, UpstreamConfig } from '../engine/config.ts';
import { type Bindings, GLOBAL_TRANSPORTS, type Transport, type Transports } from './runtime.ts';

/** `FORESAIL_LINKS`: how cluster gateways are reached. */
export interface LinksConfig {
  /** By cluster name; `*` for every cluster that is not named. */
  readonly clusters?: Readonly<Record<string, LinkConfig>>;
  /** External origins of ServiceEntries go through this gateway too (an egress gateway) instead of directly. */
  readonly egress?: LinkConfig;
}

/** A plain URL, a service, VPC or mTLS binding of the worker, or both: then the URL only says Host and scheme. */
export interface LinkConfig {
  readonly url?: string;
  readonly binding?: string;
}

/** Where a request to a cluster is sent. */
export interface Upstream {
  readonly transport: Transport;
  /** Scheme and host without a trailing slash; undefined: `http://` and the request's own authority. */
  readonly baseUrl: string | undefined;
  /** A cluster gateway: it asks for a pass, and stamps its responses as Envoy does. */
  readonly isGateway: boolean;
}

/** Where a link has only a binding, a name is needed that says so in the other side's log. */
const BOUND_GATEWAY_URL = 'http://cluster-gateway.foresail.internal';

export class Links {
  readonly #clusters = new Map<string, Upstream>();
  readonly #egress: Upstream | undefined;
  readonly #bindings: Bindings;
  readonly #transports: Transports;
  /** What a cluster's configuration comes to, for as long as the object lives. */
  readonly #resolved = new WeakMap<ClusterConfig, readonly Upstream[]>();

  constructor(config: string | undefined, bindings: Bindings, transports: Transports = GLOBAL_TRANSPORTS) {
    const links: LinksConfig = config === undefined ? {} : parseLinks(config);
    this.#bindings = bindings;
    this.#transports = transports;
    for (const [name, link] of Object.entries(links.clusters ?? {})) {
      this.#clusters.set(name, gatewayOf(link, bindings, transports.gateway));
    }
    this.#egress = links.egress === undefined ? undefined : gatewayOf(links.egress, bindings, transports.gateway);
  }

  /** The places to try, in order; empty when none is configured. */
  upstreamsOf(cluster: ClusterConfig, random: () => number): readonly Upstream[] {
    let upstreams = this.#resolved.get(cluster);
    if (upstreams === undefined) {
      upstreams = this.#resolve(cluster.upstream);
      this.#resolved.set(cluster, upstreams);
    }
    if (upstreams.length < 2 || cluster.upstream.kind === 'link') return upstreams;
    const first = Math.floor(random() * upstreams.length);
    return [...upstreams.slice(first), ...upstreams.slice(0, first)];
  }

  #resolve(upstream: UpstreamConfig): readonly Upstream[] {
    switch (upstream.kind) {
      case 'link':
        // Clusters behind one gateway are tried once.
        return [
          ...new Set(upstream.clusters.flatMap((name) => this.#clusters.get(name) ?? this.#clusters.get('*') ?? [])),
        ];
      case 'origin':
        if (this.#egress !== undefined) return [this.#egress];
        return upstream.urls.map((url) => ({
          transport: this.#transports.origin,
          baseUrl: url.replace(/\/+$/, ''),
          isGateway: false,
        }));
      case 'binding': {
        const transport = bindingOf(upstream.name, this.#bindings);
        return transport === undefined ? [] : [{ transport, baseUrl: undefined, isGateway: false }];
      }
    }
  }
}

function parseLinks(config: string): LinksConfig {
  try {
    return JSON.parse(config) as LinksConfig;
  } catch (cause) {
    throw new TypeError('FORESAIL_LINKS is not JSON', { cause });
  }
}

function gatewayOf(link: LinkConfig, bindings: Bindings, direct: Transport): Upstream {
  const baseUrl = (link.url ?? BOUND_GATEWAY_URL).replace(/\/+$/, '');
  if (link.binding === undefined) {
    if (link.url === undefined) throw new TypeError('a link in FORESAIL_LINKS needs a url or a binding');
    return { transport: direct, baseUrl, isGateway: true };
  }
  const transport = bindingOf(link.binding, bindings);
  if (transport === undefined) throw new TypeError(`FORESAIL_LINKS names ${link.binding}, which is no binding`);
  return { transport, baseUrl, isGateway: true };
}

function bindingOf(name: string, bindings: Bindings): Transport | undefined {
  const binding = bindings[name];
  const isFetcher = typeof binding === 'object' && binding !== null && 'fetch' in binding;
  return isFetcher ? (binding as Transport) : undefined;
}
