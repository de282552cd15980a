import type { ClusterConfig } from '../../src/engine/config.ts';
import type { ResolvedGateway } from '../../src/mesh/model.ts';
import { encodeGateway } from '../../src/xds/gateway/gateway.ts';
import type { DownstreamTlsContext } from '../../src/xds/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts';
import { EnvoyOverAds } from '../support/envoy-over-ads.ts';
import { selfSignedContext } from './certificate.ts';
import { EchoUpstream } from './echo-upstream.ts';
import { forwardedTo } from './forwarded-to.ts';
import type { ParityRequest } from './mesh-case.ts';
import type { Observation } from './observation.ts';
import { withProxyProtocol } from './proxy-protocol.ts';
import { type RawResponse, sendRaw } from './raw-http.ts';
import { sniOf } from './server-name.ts';

const ADDRESS = '127.0.0.1';

/**
 * The real thing: one Envoy that serves mesh after mesh. Each mesh is bound to ports of its own, so a connection that
 * is taken is taken by the mesh that is meant.
 */
export class EnvoySide {
  readonly #envoy: EnvoyOverAds;
  readonly #echo: EchoUpstream;
  readonly #tls: DownstreamTlsContext;
  #ports = new Map<number, number>();
  #nextPort: number;
  #clusters: readonly string[] = [];

  private constructor(envoy: EnvoyOverAds, echo: EchoUpstream, tls: DownstreamTlsContext) {
    this.#envoy = envoy;
    this.#echo = echo;
    this.#tls = tls;
    this.#nextPort = 21_000 + (process.pid % 400) * 20;
  }

  /** `delta`: which of the two protocols Envoy speaks to the control plane. */
  static async start(binary: string, options: { readonly delta?: boolean } = {}): Promise<EnvoySide> {
    const echo = await EchoUpstream.start();
    return new EnvoySide(await EnvoyOverAds.start(binary, options), echo, await selfSignedContext());
  }

  /** Resolves once Envoy serves this mesh; with what it rejected, if anything. */
  async load(gateway: ResolvedGateway): Promise<readonly string[]> {
    this.#ports = new Map(gateway.config.listeners.map(({ port }) => [port, this.#takePort()]));
    this.#clusters = [...gateway.clusters.keys()];
    const resources = encodeGateway(gateway, {
      endpointsOf: ({ name }: ClusterConfig) => [
        { address: upstreamAddress(this.#clusters.indexOf(name)), port: this.#echo.port },
      ],
      bind: (port) => ({ address: ADDRESS, port: this.#ports.get(port) ?? port }),
      tls: () => this.#tls,
    }).map(withProxyProtocol);
    return this.#envoy.load(resources);
  }

  async send(request: ParityRequest): Promise<Observation> {
    const port = this.#ports.get(request.port);
    if (port === undefined) throw new Error(`the mesh has no port ${request.port}`);
    const route = {
      address: ADDRESS,
      port,
      proxied: { client: request.client, port: request.port },
      sni: request.tls ? sniOf(request) : undefined,
    };
    for (let attempt = 0; ; attempt++) {
      try {
        return this.#observed(await sendRaw(route, request));
      } catch (error) {
        // A listener's socket opens a moment after Envoy has taken the listener.
        if (attempt >= 200 || (error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  }

  #observed(response: RawResponse): Observation {
    return forwardedTo(response, ({ address, host }) => ({
      destination: this.#clusters[indexOfAddress(address)] ?? address,
      authority: host,
    }));
  }

  #takePort(): number {
    this.#nextPort = this.#nextPort >= 32_000 ? 21_000 : this.#nextPort + 1;
    return this.#nextPort;
  }

  get log(): string {
    return this.#envoy.log;
  }

  async stop(): Promise<void> {
    await this.#envoy.stop();
    this.#echo.stop();
  }
}

/** Every cluster has a loopback address of its own, by which the upstream tells for whom it answers. */
function upstreamAddress(index: number): string {
  return `127.1.${Math.floor(index / 200)}.${(index % 200) + 1}`;
}

function indexOfAddress(address: string): number {
  const [, , high = 0, low = 0] = address.replace('::ffff:', '').split('.').map(Number);
  return high * 200 + low - 1;
}
