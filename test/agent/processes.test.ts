import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Server, type ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { afterEach, expect } from 'vitest';
import { markOf } from '../../src/agent/envoy/running-process.ts';
import { revoke } from '../../src/ca/authority/revocation-lists.ts';
import { ServingCertificate } from '../../src/ca/service/serving-certificate.ts';
import { describeWithEnvoy, ENVOY } from '../support/needs.ts';
import { clientSide, freePorts, Machine, serverSide, statusOf, until } from './machine.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/bin.js');
const SERVER = 'spiffe://cluster.local/ns/default/sa/server';

describeWithEnvoy('an agent in a process of its own', (test) => {
  let machine: Machine;
  const processes: ChildProcess[] = [];
  afterEach(async () => {
    for (const one of processes.splice(0)) {
      if (one.exitCode !== null || one.signalCode !== null) continue;
      one.kill('SIGTERM');
      await once(one, 'exit');
    }
    await machine.end();
  });

  test('takes over the Envoy of one that was killed, and drains it at its end', async () => {
    machine = new Machine();
    await machine.startCa();
    const [port = 0, slowPort = 0] = await freePorts(2);
    const slow = createHttpServer((_request, response) => setTimeout(() => response.end('late'), 600));
    await new Promise<void>((done) => slow.listen(slowPort, '127.0.0.1', done));
    const options = await machine.options('web');
    const extra = machine.writeExtra('web', plainRoute(port, slowPort));
    const start = (): ChildProcess => {
      const { ports, folder, tokenFile } = options;
      const flags = {
        '--ca': machine.caAddress,
        '--ca-roots': join(machine.folder, 'roots.pem'),
        '--token': tokenFile,
        '--service-account': 'web',
        '--pod': 'web-0',
        '--dir': folder,
        '--static': extra,
        '--admin-port': ports.admin,
        '--status-port': ports.status,
        '--readiness-port': ports.readiness,
        '--prometheus-port': ports.prometheus,
        '--bind': '127.0.0.1',
        '--concurrency': 1,
        '--log-level': 'error',
        '--drain': 3,
        '--min-drain': 0.2,
      };
      const env = { ...process.env, ENVOY_BIN: ENVOY, NODE_OPTIONS: '' };
      const child = spawn(
        process.execPath,
        [MAIN, 'agent', ...Object.entries(flags).flatMap(([k, v]) => [k, String(v)])],
        {
          env,
          stdio: ['ignore', 'ignore', process.env.FORESAIL_TEST_LOG ? 'inherit' : 'ignore'],
        },
      );
      processes.push(child);
      return child;
    };
    const ready = async (): Promise<boolean> =>
      (await statusOf(`http://127.0.0.1:${options.ports.readiness}/healthz/ready`)) === 200;
    const envoyPid = (): number => JSON.parse(readFileSync(join(options.folder, 'envoy.json'), 'utf8')).mark.pid;

    const first = start();
    await until('ready', ready, 20_000);
    const pid = envoyPid();
    first.kill('SIGKILL');
    await once(first, 'exit');
    expect(await statusOf(`http://127.0.0.1:${port}/`), 'without an agent').toBe(200);

    const second = start();
    await until('ready again', ready, 20_000);
    expect(envoyPid()).toBe(pid);
    const rssKb = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${second.pid}/status`, 'utf8'))?.[1]);
    expect(rssKb, 'memory of the agent').toBeLessThan(110_000);

    const underWay = statusOf(`http://127.0.0.1:${port}/`);
    await sleep(100);
    second.kill('SIGTERM');
    expect(await underWay).toBe(200);
    const [code] = await once(second, 'exit');
    expect(code).toBe(0);
    expect(markOf(pid), 'Envoy').toBeUndefined();
    slow.close();
  }, 60_000);

  test('has its Envoy speak mutual TLS to the control plane, with the certificate of SDS', async () => {
    machine = new Machine();
    await machine.startCa();
    const seen: string[] = [];
    const server = new Server();
    const raw = (bytes: Buffer): Buffer => bytes;
    const delta = {
      path: '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
      requestStream: true,
      responseStream: true,
      requestSerialize: raw,
      requestDeserialize: raw,
      responseSerialize: raw,
      responseDeserialize: raw,
    } as const;
    const handle = (call: ServerDuplexStream<Buffer, Buffer>): void => {
      call.on('data', (bytes: Buffer) => {
        const [id] = /sidecar~[\w.~-]+cluster\.local/.exec(bytes.toString('latin1')) ?? [];
        if (id !== undefined) seen.push(`${id} ${call.getAuthContext().sslPeerCertificate?.subjectaltname}`);
      });
    };
    server.addService({ delta }, { delta: handle });
    const certificate = await ServingCertificate.open(machine.ca, ['foresaild.foresail-system.svc']);
    const bind = promisify<string, ServerCredentials, number>(server.bindAsync.bind(server));
    const port = await bind('127.0.0.1:0', certificate.credentials);
    const tlsServerName = 'foresaild.foresail-system.svc';
    await machine.startAgent(
      await machine.options('web', { controlPlane: { host: '127.0.0.1', port, tlsServerName } }),
    );
    await until('Envoy has come', () => seen.length > 0);
    expect(seen[0]).toBe(
      'sidecar~127.0.0.1~web-0.default~default.svc.cluster.local URI:spiffe://cluster.local/ns/default/sa/web',
    );
    server.forceShutdown();
    certificate.close();
  });

  test('refuses a peer whose certificate is revoked, and one of another trust domain', async () => {
    machine = new Machine();
    await machine.startCa();
    const [serverPort = 0, clientPort = 0, strangerPort = 0] = await freePorts(3);
    const server = await machine.options('server', { extraFile: machine.writeExtra('server', serverSide(serverPort)) });
    const client = await machine.options('client', {
      extraFile: machine.writeExtra('client', clientSide(clientPort, serverPort, SERVER)),
    });
    const [, agent] = await Promise.all([machine.startAgent(server), machine.startAgent(client)]);
    const url = `http://127.0.0.1:${clientPort}/`;
    await until('a request comes through', async () => (await statusOf(url)) === 200);

    const other = new Machine();
    await other.startCa({ trustDomain: 'other.example' });
    const extraFile = other.writeExtra('x', clientSide(strangerPort, serverPort, SERVER));
    const stranger = await other.startAgent(await other.options('client', { extraFile }));
    await until('the stranger has a certificate', () => stranger.identity.certificate !== undefined);
    await until('the stranger is refused', async () => (await statusOf(`http://127.0.0.1:${strangerPort}/`)) === 503);
    await other.end();

    await revoke(machine.ca, agent?.identity.certificate?.serial ?? '');
    await until('the revoked one is refused', async () => (await statusOf(url)) === 503);
  });
});

function plainRoute(port: number, upstreamPort: number): unknown {
  const side = clientSide(port, upstreamPort, SERVER) as { clusters: { transport_socket?: unknown }[] };
  const clusters = side.clusters.map(({ transport_socket: _, ...cluster }) => cluster);
  return { ...side, clusters };
}
