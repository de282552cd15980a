import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import { bundleEdge } from '../../../src/control/up/bundle-edge.ts';
import type { SnapshotInput } from '../../../src/snapshot/encode.ts';
import { snapshotEntries } from '../../edge/support/snapshot.ts';
import { freePorts, type Stoppable, startKv, WORKERD, WORKERD_LIBRARY } from '../edge-processes.ts';
import { type Contender, startProgram } from './contender.ts';
import { bundleHonoProxy } from './hono-proxy.ts';

/** What the least that a worker can do costs: a fetch. */
export function startBareWorker(folder: string, upstream: string): Promise<Contender> {
  return startWorker(folder, 'bare worker', BARE.replace('UPSTREAM_URL', upstream), []);
}

const BARE = `
const UPSTREAM = 'UPSTREAM_URL';
export default {
  fetch(request) {
    const { url } = request;
    return fetch(UPSTREAM + url.slice(url.indexOf('/', 8)), request);
  },
};`;

/** What users would write themselves: Hono's router and its proxy helper, one route after the other. */
export async function startHonoWorker(folder: string, upstream: string): Promise<Contender> {
  return startWorker(folder, 'Hono proxy', await bundleHonoProxy(upstream), []);
}

export interface EdgeOptions {
  readonly name: string;
  readonly vars?: Readonly<Record<string, string>>;
}

export async function startEdgeWorker(
  folder: string,
  upstream: string,
  gateway: SnapshotInput,
  { name, vars = {} }: EdgeOptions,
): Promise<Contender> {
  const kv = await startKv(await snapshotEntries(gateway));
  const worker = await startEdgeOver(kv, folder, upstream, { name, vars });
  return {
    ...worker,
    stop: async () => {
      await worker.stop();
      kv.stop();
    },
  };
}

/** Whoever has started the KV stops it. */
export async function startEdgeOver(
  kv: Stoppable,
  folder: string,
  upstream: string,
  { name, vars = {} }: EdgeOptions,
): Promise<Contender> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const all = {
    GATEWAY_PORT: '80',
    FORESAIL_LINKS: JSON.stringify({ clusters: { '*': { url: upstream } }, egress: { url: upstream } }),
    EDGE_PASS_KEY: JSON.stringify(await exportJWK(privateKey)),
    ...vars,
  };
  const bindings = [
    '(name = "CONFIG", kvNamespace = "kv")',
    ...Object.entries(all).map(([key, value]) => `(name = "${key}", text = ${JSON.stringify(value)})`),
  ];
  const services = [`(name = "kv", external = (address = "127.0.0.1:${kv.port}", http = ()))`];
  return startWorker(folder, name, await edgeBundle(), bindings, services);
}

let bundled: Promise<string> | undefined;

export function edgeBundle(): Promise<string> {
  bundled ??= bundleEdge({ minify: true });
  return bundled;
}

/** One worker in a workerd of its own, so that what it costs can be told. */
async function startWorker(
  folder: string,
  name: string,
  script: string,
  bindings: readonly string[],
  services: readonly string[] = [],
): Promise<Contender> {
  const [port = 0] = await freePorts(1);
  const module = `${port}.js`;
  writeFileSync(join(folder, module), script);
  const all = [
    '(name = "net", network = (allow = ["public", "private"]))',
    `(name = "main", worker = (modules = [(name = "${module}", esModule = embed "${module}")], compatibilityDate = "2026-10-23", globalOutbound = "net", bindings = [${bindings.join(', ')}]))`,
    ...services,
  ];
  const config = join(folder, `${port}.capnp`);
  writeFileSync(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [${all.join(', ')}], sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]);
`,
  );
  return startProgram(name, port, WORKERD, ['serve', `--import-path=${WORKERD_LIBRARY}`, config]);
}
