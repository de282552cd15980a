import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundleEdge } from '../../../src/control/up/bundle-edge.ts';
import { freePorts, residentMbOf, WORKERD, WORKERD_LIBRARY } from '../../bench/edge-processes.ts';

export interface WorkerdEdge {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  residentMb(): number;
  /** Asks the edge to look at the store; the version that it serves then. */
  refreshed(): Promise<number | undefined>;
  /** A fresh process on the same port: it knows nothing. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const ADMIN = { ADMIN_PREFIX: '/_faults', ADMIN_TOKEN: 'faults' };
const COMPATIBILITY_DATE = '2026-10-23';

/** The edge worker in plain workerd, a process of its own, over a store on a port of this machine. */
export async function startWorkerdEdge(
  kvPort: number,
  vars: Readonly<Record<string, string>> = {},
): Promise<WorkerdEdge> {
  const folder = mkdtempSync(join(tmpdir(), 'foresail-faults-'));
  const [port = 0] = await freePorts(1);
  const file = join(folder, 'edge.capnp');
  writeFileSync(file, configOf(port, kvPort, { GATEWAY_PORT: '80', ...ADMIN, ...vars }));
  writeFileSync(join(folder, 'edge.js'), await bundleEdge());
  let child = await serve(file, port);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    get pid() {
      return child.pid ?? 0;
    },
    residentMb: () => residentMbOf(child.pid ?? 0),
    async refreshed() {
      const headers = { authorization: `Bearer ${ADMIN.ADMIN_TOKEN}` };
      const response = await fetch(`http://127.0.0.1:${port}/_faults/refresh`, { method: 'POST', headers });
      return ((await response.json()) as { readonly version?: number }).version;
    },
    async restart() {
      await end(child);
      child = await serve(file, port);
    },
    async stop() {
      await end(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function serve(file: string, port: number): Promise<ChildProcess> {
  const child = spawn(WORKERD, ['serve', `--import-path=${WORKERD_LIBRARY}`, file], { stdio: 'ignore' });
  for (let attempt = 0; attempt < 400; attempt++) {
    if (child.exitCode !== null) throw new Error(`workerd has ended with ${child.exitCode}`);
    if (await isOpen(port)) return child;
    await sleep(25);
  }
  child.kill('SIGKILL');
  throw new Error('workerd does not listen');
}

/** No request is sent: the first one that comes is to find a cold edge. */
function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

function configOf(port: number, kvPort: number, vars: Readonly<Record<string, string>>): string {
  const bindings = [
    '(name = "CONFIG", kvNamespace = "kv")',
    ...Object.entries(vars).map(([name, value]) => `(name = "${name}", text = ${JSON.stringify(value)})`),
  ];
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "edge", worker = (
      modules = [(name = "edge.js", esModule = embed "edge.js")],
      compatibilityDate = "${COMPATIBILITY_DATE}",
      bindings = [${bindings.join(', ')}],
      globalOutbound = "network",
    )),
    (name = "kv", external = (address = "127.0.0.1:${kvPort}", http = ())),
    (name = "network", network = (allow = ["private", "public"], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [(name = "edge", address = "127.0.0.1:${port}", http = (), service = "edge")],
);
`;
}
