import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { EnvoyAdmin } from '../../src/agent/envoy/admin.ts';
import { writeMergedMetrics } from '../../src/agent/status/merged-metrics.ts';
import { parseProbes } from '../../src/agent/status/probe.ts';
import { StatusServer } from '../../src/agent/status/status-server.ts';
import { freePorts, statusOf } from './machine.ts';

const open: { close(): unknown }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

async function listen(server: Server): Promise<number> {
  open.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}

const http = (answer: RequestListener): Promise<number> => listen(createHttpServer(answer));

async function statusServer(probes: unknown, metrics?: { envoyPort: number; appPort: number }): Promise<string> {
  const [port = 0] = await freePorts(1);
  const server = new StatusServer({
    address: '127.0.0.1',
    port,
    probes: parseProbes(JSON.stringify(probes)),
    probeHost: '127.0.0.1',
    refuseReadiness: async () => 'not yet',
    writeMetrics: (response) =>
      writeMergedMetrics(response, {
        admin: new EnvoyAdmin(metrics?.envoyPort ?? 1),
        app: { host: '127.0.0.1', port: metrics?.appPort ?? 1, path: '/metrics' },
        ownText: () => 'own 3\n',
      }),
    onQuit: () => {},
  });
  await server.start();
  open.push({ close: () => server.stop() });
  return `http://127.0.0.1:${port}`;
}

describe('probes of the application', () => {
  it('reach it over HTTP as the kubelet would have', async () => {
    const seen: string[] = [];
    const port = await http((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers['x-probe']} ${request.headers.host}`);
      response.writeHead(request.url === '/ok' ? 204 : 503).end();
    });
    const httpHeaders = [
      { name: 'x-probe', value: 'yes' },
      { name: 'Host', value: 'app.example' },
    ];
    const url = await statusServer({
      '/app-health/web/livez': { httpGet: { path: '/ok', port, httpHeaders } },
      '/app-health/web/readyz': { httpGet: { path: 'busy', port } },
    });
    expect(await statusOf(`${url}/app-health/web/livez`)).toBe(204);
    expect(await statusOf(`${url}/app-health/web/readyz`)).toBe(503);
    expect(seen).toEqual(['GET /ok yes app.example', `GET /busy undefined 127.0.0.1:${port}`]);
    expect(await statusOf(`${url}/app-health/other/livez`)).toBe(404);
  });

  it('reach it over TCP and gRPC, and fail in time', async () => {
    const tcp = await listen(createServer((socket) => socket.end()));
    const silent = await http(() => {});
    const [closed = 0] = await freePorts(1);
    const grpc = new GrpcServer();
    const raw = (bytes: Buffer): Buffer => bytes;
    const check = {
      path: '/grpc.health.v1.Health/Check',
      requestStream: false,
      responseStream: false,
      requestSerialize: raw,
      requestDeserialize: raw,
      responseSerialize: raw,
      responseDeserialize: raw,
    } as const;
    // SERVING for the whole server, NOT_SERVING for a service.
    grpc.addService(
      { check },
      {
        check: (call: { request: Buffer }, done: (error: null, bytes: Buffer) => void) =>
          done(null, Buffer.from([8, call.request.length > 2 ? 2 : 1])),
      },
    );
    const grpcPort = await new Promise<number>((done) =>
      grpc.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_error, port) => done(port)),
    );
    open.push({ close: () => grpc.forceShutdown() });
    const url = await statusServer({
      '/app-health/a/livez': { tcpSocket: { port: tcp } },
      '/app-health/a/readyz': { tcpSocket: { port: closed } },
      '/app-health/b/livez': { grpc: { port: grpcPort, service: null } },
      '/app-health/b/readyz': { grpc: { port: grpcPort, service: 'orders' } },
      '/app-health/c/startupz': { httpGet: { path: '/', port: silent }, timeoutSeconds: 0.2 },
    });
    const paths = ['a/livez', 'a/readyz', 'b/livez', 'b/readyz', 'c/startupz'];
    const statuses = await Promise.all(paths.map((path) => statusOf(`${url}/app-health/${path}`)));
    expect(statuses).toEqual([200, 500, 200, 500, 500]);
  });

  it('are refused where they say nothing', () => {
    for (const bad of [
      '[]',
      '{"/x": {}}',
      '{"/app-health/a/livez": {}}',
      '{"/app-health/a/livez": {"tcpSocket": {"port": "http"}}}',
      '{',
    ]) {
      expect(() => parseProbes(bad), bad).toThrow();
    }
  });
});

describe('figures', () => {
  it('of Envoy, the application and the agent come in one page of whole lines', async () => {
    const envoyPort = await http((_request, response) => response.end('envoy 1\n'));
    const appPort = await http((_request, response) => {
      response.write('app{path="/a');
      setTimeout(() => response.end('"} 2\n# EOF\n'), 20);
    });
    const text = await (await fetch(`${await statusServer({}, { envoyPort, appPort })}/stats/prometheus`)).text();
    expect(text.split('\n').slice(0, 3)).toEqual(['envoy 1', 'app{path="/a"} 2', 'own 3']);
    expect(text).toContain('foresail_agent_scrape_failed{of="application"} 0');
    expect(text).not.toContain('EOF');
  });

  it('still come where one of the three fails', async () => {
    const envoyPort = await http((_request, response) => response.end('envoy 1\n'));
    const appPort = await http((request) => request.socket.destroy());
    const text = await (await fetch(`${await statusServer({}, { envoyPort, appPort })}/stats/prometheus`)).text();
    expect(text).toContain('envoy 1\nown 3\n');
    expect(text).toContain('foresail_agent_scrape_failed{of="application"} 1');
  });
});

describe('the agent’s own paths', () => {
  it('say why the proxy is not ready, and end it only when asked from here with POST', async () => {
    const url = await statusServer({});
    expect(await (await fetch(`${url}/healthz/ready`)).text()).toBe('not yet\n');
    expect(await statusOf(`${url}/quitquitquit`)).toBe(405);
    expect((await fetch(`${url}/quitquitquit`, { method: 'POST' })).status).toBe(200);
    expect(await statusOf(`${url}/healthz/ready/../../quitquitquit/x`)).toBe(404);
  });
});
