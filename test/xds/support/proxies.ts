import type { Agent } from '../../../src/agent/agent.ts';
import { MeshCa } from '../../../src/ca/authority/mesh-ca.ts';
import { FolderCaStore } from '../../../src/ca/store/folder-store.ts';
import { compileMesh } from '../../../src/control/compile.ts';
import type { Mesh } from '../../../src/mesh/model.ts';
import type { MeshWorkload } from '../../../src/mesh/registry.ts';
import { parseYaml } from '../../../src/resources/parse.ts';
import { AdsServer } from '../../../src/xds/ads/server.ts';
import { XdsSnapshot } from '../../../src/xds/ads/snapshot.ts';
import type { XdsResource } from '../../../src/xds/resource.ts';
import { Machine } from '../../agent/machine.ts';
import {
  type Credentials,
  type Identity,
  serverCredentials,
  workloadCredentials,
} from '../../support/workload-credentials.ts';

const SETTLE_TIMEOUT_MS = 60_000;

/** A CA, a control plane that says what a test wants, and real Envoys with their agents. */
export class Proxies {
  readonly machine = new Machine();
  readonly rejections: string[] = [];
  readonly #ads: AdsServer;
  readonly #agents = new Map<
    string,
    { readonly agent: Agent; readonly adminPort: number; readonly statusUrl: string }
  >();
  readonly #settled = new Map<string, XdsSnapshot>();
  #adsPort = 0;
  #wake: () => void = () => {};

  private constructor() {
    this.#ads = new AdsServer({
      admit: ({ id }) => ({ kind: 'admitted', group: id.split('~')[2] ?? '' }),
      rejected: ({ message }) => {
        this.rejections.push(message);
        this.#wake();
      },
      settled: (client, snapshot) => {
        this.#settled.set(client.split('~')[2] ?? '', snapshot);
        this.#wake();
      },
    });
  }

  static async start(): Promise<Proxies> {
    const proxies = new Proxies();
    await proxies.machine.startCa();
    proxies.#adsPort = await proxies.#ads.listen('127.0.0.1:0');
    return proxies;
  }

  /** Starts an Envoy with its agent, or gives one that runs something else; with what it rejects. */
  async load(name: string, resources: readonly XdsResource[]): Promise<readonly string[]> {
    this.rejections.length = 0;
    const snapshot = new XdsSnapshot(resources);
    this.#ads.publish(`${name}-0.default`, snapshot);
    if (!this.#agents.has(name)) {
      const controlPlane = { host: '127.0.0.1', port: this.#adsPort, tlsServerName: undefined };
      const options = await this.machine.options(name, { controlPlane });
      const agent = await this.machine.startAgent(options);
      const statusUrl = `http://${options.bindAddress}:${options.ports.status}`;
      this.#agents.set(name, { agent, adminPort: options.ports.admin, statusUrl });
    }
    const deadlineMs = Date.now() + SETTLE_TIMEOUT_MS;
    while (this.#settled.get(`${name}-0.default`) !== snapshot) {
      if (Date.now() > deadlineMs) throw new Error(`${name} has not taken its configuration`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, 100);
      });
    }
    return [...this.rejections];
  }

  /** Envoy's own figures whose name contains the text, by name. */
  async stats(name: string, filter: string): Promise<Readonly<Record<string, number>>> {
    const response = await fetch(`${this.admin(name)}/stats?filter=${encodeURIComponent(filter)}`);
    const lines = (await response.text()).split('\n').map((line) => line.split(': '));
    return Object.fromEntries(lines.map(([key = '', value = '']) => [key, Number(value)]));
  }

  /** What the agent gives Prometheus. */
  async metrics(name: string): Promise<string> {
    const statusUrl = this.#agents.get(name)?.statusUrl ?? '';
    return (await fetch(`${statusUrl}/stats/prometheus`)).text();
  }

  admin(name: string): string {
    const agent = this.#agents.get(name);
    if (agent === undefined) throw new Error(`there is no proxy ${name}`);
    return `http://127.0.0.1:${agent.adminPort}`;
  }

  /** A certificate of the mesh's CA with a new key. `issuedMsAgo`: how long it has been valid already. */
  async credentials(identity: Identity, { ttlMs = 3_600_000, issuedMsAgo = 0 } = {}): Promise<Credentials> {
    return await workloadCredentials(await this.#caAt(issuedMsAgo), identity, ttlMs);
  }

  /** A certificate of the mesh's CA that has no SPIFFE id. */
  async serverCredentials(name: string): Promise<Credentials> {
    return await serverCredentials(await this.#caAt(0), name);
  }

  async end(): Promise<void> {
    this.#ads.close();
    await this.machine.end();
  }

  async #caAt(agoMs: number): Promise<MeshCa> {
    const store = new FolderCaStore(`${this.machine.folder}/ca`);
    return await MeshCa.open({ store, now: () => Date.now() - agoMs });
  }
}

/** The mesh of some YAML; findings of level Error are errors of the test. */
export function meshOf(yaml: string): Mesh {
  const parsed = parseYaml(yaml, { file: 'mesh.yaml' });
  const { mesh, findings } = compileMesh(parsed.resources);
  const errors = [...parsed.findings, ...findings].filter(({ level }) => level === 'Error');
  if (errors.length > 0) throw new Error(errors.map(({ code, message }) => `${code} ${message}`).join('\n'));
  return mesh;
}

export function workloadOf(mesh: Mesh, name: string, namespace = 'default'): MeshWorkload {
  const found = mesh.registry.workloads.find((one) => one.name === name && one.namespace === namespace);
  if (found === undefined) throw new Error(`the mesh has no workload ${name}.${namespace}`);
  return found;
}
