import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect } from 'vitest';
import type { Agent } from '../../src/agent/agent.ts';
import type { AgentOptions } from '../../src/agent/agent-options.ts';
import { readCacertsFolder } from '../../src/ca/authority/cacerts-folder.ts';
import { startRotation } from '../../src/ca/rotation/start-rotation.ts';
import { makeCacerts } from '../ca/cacerts.ts';
import { Folder } from '../ca/folder.ts';
import { describeWithEnvoy } from '../support/needs.ts';
import { clientSide, freePorts, Machine, serverSide, statusOf, until } from './machine.ts';

const SERVER = 'spiffe://cluster.local/ns/default/sa/server';

/** Sends requests one after the other, each with a handshake of its own behind the client's Envoy. */
class Load {
  readonly statuses = new Map<number, number>();
  #isRunning = true;
  readonly #done: Promise<unknown>;

  constructor(url: string, lanes = 2) {
    this.#done = Promise.all(Array.from({ length: lanes }, () => this.#run(url)));
  }

  async stop(): Promise<ReadonlyMap<number, number>> {
    this.#isRunning = false;
    await this.#done;
    return this.statuses;
  }

  async #run(url: string): Promise<void> {
    while (this.#isRunning) {
      const status = await statusOf(url);
      this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
      await sleep(2);
    }
  }
}

describeWithEnvoy('two agents with their Envoys and a CA', (test) => {
  let machine: Machine;
  let server: Agent;
  let client: Agent;
  let serverOptions: AgentOptions;
  let clientUrl = '';
  let serverUrl = '';

  beforeAll(async () => {
    machine = new Machine();
    await machine.startCa();
    const [serverPort = 0, clientPort = 0] = await freePorts(2);
    serverOptions = await machine.options('server', {
      extraFile: machine.writeExtra('server', serverSide(serverPort)),
      certificateTtlS: 6,
    });
    const clientExtra = machine.writeExtra('client', clientSide(clientPort, serverPort, SERVER));
    const clientOptions = await machine.options('client', { extraFile: clientExtra, certificateTtlS: 6 });
    server = await machine.startAgent(serverOptions);
    client = await machine.startAgent(clientOptions);
    clientUrl = `http://127.0.0.1:${clientPort}/`;
    serverUrl = `http://127.0.0.1:${serverPort}/`;
    await until('a request comes through', async () => (await statusOf(clientUrl)) === 200);
  });

  afterAll(() => machine.end());

  test('speak mutual TLS with certificates over SDS, and nothing else', async () => {
    expect(server.identity.certificate?.spiffeId).toBe(SERVER);
    expect(await statusOf(serverUrl), 'plaintext').toBe(0);
  });

  test('are ready on 15021, through Envoy and the agent', async () => {
    const { ports } = serverOptions;
    await until('ready', async () => (await statusOf(`http://127.0.0.1:${ports.readiness}/healthz/ready`)) === 200);
    expect(await statusOf(`http://127.0.0.1:${ports.status}/healthz/ready`)).toBe(200);
  });

  test('show the figures of Envoy on 15090, and with those of the agent on 15020', async () => {
    const { ports } = serverOptions;
    const own = await (await fetch(`http://127.0.0.1:${ports.prometheus}/stats/prometheus`)).text();
    expect(own).toMatch(
      /^envoy_http_downstream_rq\{response_code_class="2xx",http_conn_manager_prefix="server"\} [1-9]/m,
    );
    expect(own).toMatch(/^envoy_listener_ssl_handshake\{listener_address="127\.0\.0\.1_\d+"\} [1-9]/m);
    const merged = await (await fetch(`http://127.0.0.1:${ports.status}/stats/prometheus`)).text();
    expect(merged).toContain('envoy_server_live');
    expect(merged).toMatch(/^istio_agent_cert_expiry_seconds\{resource_name="default"\} [\d.]+$/m);
  });

  test('renew at half of the life, and no request fails', async () => {
    const before = [server.identity.renewals, client.identity.renewals];
    const load = new Load(clientUrl);
    await until(
      'two renewals each',
      () => [server, client].every((agent, i) => agent.identity.renewals >= (before[i] ?? 0) + 2),
      12_000,
    );
    const statuses = await load.stop();
    expect([...statuses.keys()]).toEqual([200]);
    expect(statuses.get(200)).toBeGreaterThan(100);
  });

  test('replace the root under load, gate by gate, and no request fails', async () => {
    const from = machine.ca.active.id;
    const load = new Load(clientUrl);
    const to = await startRotation(machine.ca);
    await until('the rotation is over', () => machine.ca.state.rotation === undefined, 20_000);
    const statuses = await load.stop();
    expect([...statuses.keys()]).toEqual([200]);
    expect(machine.ca.active.id).toBe(to);
    expect(machine.ca.bundle.roots.map(({ fingerprint }) => fingerprint.slice(0, 16))).toEqual([to]);
    expect(server.identity.certificate?.issuer).toBe(to);
    const steps = machine.events.filter(({ event }) => event === 'rotation-step').map(({ facts }) => facts.from);
    expect(steps).toEqual(['distribute', 'renew', 'retire']);
    expect(await machine.ca.store.list()).not.toContain(`${from}.ca-key.pem`);
  });

  test('move under an intermediate that is plugged in, and no request fails', async () => {
    using folder = new Folder();
    makeCacerts(folder, 'ec');
    const load = new Load(clientUrl);
    const to = await startRotation(machine.ca, await readCacertsFolder(folder.path));
    await until('the rotation is over', () => machine.ca.state.rotation === undefined, 20_000);
    expect([...(await load.stop()).keys()]).toEqual([200]);
    expect(server.identity.certificate?.issuer).toBe(to);
    expect(server.identity.certificate?.chainPem.match(/BEGIN/g), 'leaf and intermediate').toHaveLength(2);
  });

  test('go on with what they have while the CA is down, and come back to it', async () => {
    await machine.stopCa();
    const identities = [client.identity, server.identity];
    const failures = identities.map((identity) => identity.failures);
    const load = new Load(clientUrl);
    // The first to fail has half of its life left, the other one more.
    await until('a renewal has failed', () => identities.some((own, i) => own.failures > (failures[i] ?? 0)), 8_000);
    for (const identity of identities) expect(identity.certificate).toBeDefined();
    const renewals = identities.map((identity) => identity.renewals);
    await machine.startCa();
    await until('a renewal of each', () => identities.every((own, i) => own.renewals > (renewals[i] ?? 0)), 10_000);
    expect([...(await load.stop()).keys()]).toEqual([200]);
  });

  test('start an Envoy again that was killed', async () => {
    const { pid } = server.envoy;
    process.kill(pid ?? 0, 'SIGKILL');
    await until('another Envoy', () => server.envoy.pid !== undefined && server.envoy.pid !== pid);
    await until('requests', async () => (await statusOf(clientUrl)) === 200);
    expect(server.envoy.restarts).toBe(1);
  });

  test('drain before they end: what is under way is answered', async () => {
    const load = new Load(clientUrl, 1);
    await sleep(100);
    const { pid } = client.envoy;
    const stopping = client.stop();
    await sleep(200);
    expect(await statusOf(clientUrl), 'still answered while draining').toBe(200);
    const statuses = await Promise.all([load.stop(), stopping]).then(([all]) => all);
    expect([...statuses.keys()]).toEqual([200]);
    expect(() => process.kill(pid ?? 0, 0)).toThrow();
    await until('the CA has heard of it', () =>
      machine.services.ledger.outstanding(Date.now()).every(({ identity }) => identity === SERVER),
    );
  });
});
