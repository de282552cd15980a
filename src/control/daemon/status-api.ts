import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MeshCa } from '../../ca/authority/mesh-ca.ts';
import { readCaStatus } from '../../ca/status.ts';
import type { RemoteClusterStatus } from '../multicluster/remote-clusters.ts';
import type { ProxyConfigs } from '../proxies/proxy-configs.ts';
import type { DaemonState } from './state.ts';

export interface StatusApiOptions {
  readonly host: string;
  readonly port: number;
  readonly state: DaemonState;
  readonly proxies: ProxyConfigs;
  readonly ca: MeshCa;
  readonly remoteClusters: () => readonly RemoteClusterStatus[];
}

export interface StatusApi {
  readonly url: string;
  stop(): Promise<void>;
}

/** What is shown, by path. Nothing can be changed here, and nothing of it is secret. */
function routesOf({ state, proxies, ca, remoteClusters }: StatusApiOptions): Readonly<Record<string, () => unknown>> {
  return {
    '/api/v1/status': () => ({ ...state.sync, findings: state.sync.findings.length, proxies: proxies.statuses.length }),
    '/api/v1/proxies': () => proxies.statuses,
    '/api/v1/findings': () => [...state.sync.findings, ...proxies.findings],
    '/api/v1/remote-clusters': remoteClusters,
    '/api/v1/ca': () => readCaStatus(ca.store),
  };
}

/** Health for probes, status for commands and the console, as JSON over HTTP. */
export async function startStatusApi(options: StatusApiOptions): Promise<StatusApi> {
  const { host, port, state } = options;
  const routes = routesOf(options);
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
    if (request.method !== 'GET' && request.method !== 'HEAD') sendText(response, 405, 'only GET');
    else if (path === '/healthz') sendText(response, 200, 'ok');
    else if (path === '/readyz') {
      const isReady = state.sync.version !== undefined;
      sendText(response, isReady ? 200 : 503, isReady ? 'ok' : (state.sync.failure ?? 'nothing has been compiled yet'));
    } else if (route === undefined) sendText(response, 404, `there are ${Object.keys(routes).join(', ')}`);
    else {
      Promise.resolve()
        .then(route)
        .then(
          (value) => sendJson(response, value),
          (error: unknown) => sendText(response, 500, error instanceof Error ? error.message : String(error)),
        );
    }
  });
  server.listen(port, host);
  await once(server, 'listening');
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    stop: async () => {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.setHeader('content-type', 'application/json');
  response.end(`${JSON.stringify(value)}\n`);
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.end(`${text}\n`);
}
