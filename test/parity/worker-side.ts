import { decodeJwt, exportJWK, generateKeyPair } from 'jose';
import { PASS_HEADER } from '../../src/edge/edge-pass.ts';
import { isStrippedByGateway } from '../../src/engine/connection-headers.ts';
import type { ResolvedGateway } from '../../src/mesh/model.ts';
import { startEdge, type TestEdge } from '../edge/support/edge.ts';
import { EchoUpstream } from './echo-upstream.ts';
import { forwardedTo } from './forwarded-to.ts';
import type { ParityRequest } from './mesh-case.ts';
import type { Observation } from './observation.ts';
import { sendRaw } from './raw-http.ts';

/** Ports that generated Gateways have. A worker is one of them at a time: its platform has no ports. */
const GATEWAY_PORTS = [80, 8080, 443] as const;

/** The real worker in workerd, once for each port; behind it an upstream in place of the cluster gateway. */
export class WorkerSide {
  readonly #edges: ReadonlyMap<number, TestEdge>;
  readonly #gateway: EchoUpstream;
  #version = 0;

  private constructor(edges: ReadonlyMap<number, TestEdge>, gateway: EchoUpstream) {
    this.#edges = edges;
    this.#gateway = gateway;
  }

  static async start(): Promise<WorkerSide> {
    const gateway = await EchoUpstream.start();
    const url = `http://127.0.0.1:${gateway.port}`;
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const vars = {
      MESH: 'parity',
      FORESAIL_LINKS: JSON.stringify({ clusters: { '*': { url } }, egress: { url } }),
      EDGE_PASS_KEY: JSON.stringify(await exportJWK(privateKey)),
    };
    const edges = new Map<number, TestEdge>();
    for (const port of GATEWAY_PORTS) edges.set(port, await startEdge({ ...vars, GATEWAY_PORT: String(port) }));
    return new WorkerSide(edges, gateway);
  }

  /** Resolves once every worker serves this mesh. */
  async load(gateway: ResolvedGateway): Promise<void> {
    const version = ++this.#version;
    await Promise.all([...this.#edges.values()].map((edge) => edge.publish(gateway, version)));
  }

  async send(request: ParityRequest): Promise<Observation> {
    const edge = this.#edges.get(request.port);
    if (edge === undefined) throw new Error(`no worker stands for port ${request.port}`);
    const { hostname, port } = new URL(edge.url);
    // What Cloudflare puts there, and lets no client put there.
    const headers = [...request.headers, ['CF-Connecting-IP', request.client] as const];
    const response = await sendRaw({ address: hostname, port: Number(port) }, { ...request, headers });
    return forwardedTo(response, ({ headers: received }) => {
      const pass = received.get(PASS_HEADER)?.[0];
      // The cluster gateway's part.
      for (const name of [...received.keys()])
        if (name === PASS_HEADER || isStrippedByGateway(name)) received.delete(name);
      received.delete('cf-connecting-ip');
      const { dst, auth } = pass === undefined ? {} : decodeJwt<{ dst: string; auth: string }>(pass);
      return { destination: dst ?? '(without a pass)', authority: auth ?? '' };
    });
  }

  get logs(): readonly string[] {
    return [...this.#edges.values()].flatMap(({ logs }) => logs);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#edges.values()].map((edge) => edge.stop()));
    this.#gateway.stop();
  }
}
