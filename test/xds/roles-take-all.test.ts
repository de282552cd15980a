import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { compileMesh } from '../../src/control/compile.ts';
import { withCaseKeys } from '../../src/control/simulate/case-tokens.ts';
import { resolveInbound } from '../../src/mesh/inbound/resolve.ts';
import type { MeshWorkload } from '../../src/mesh/registry.ts';
import { parseYaml } from '../../src/resources/parse.ts';
import { encodeInbound } from '../../src/xds/inbound/inbound.ts';
import type { XdsResource } from '../../src/xds/resource.ts';
import { CLUSTER_GATEWAY_LABEL, encodeProxy } from '../../src/xds/roles.ts';
import { describeWithEnvoy } from '../support/needs.ts';
import { allResources } from './support/all-resources.ts';
import { Proxies } from './support/proxies.ts';

const PROJECT = join(import.meta.dirname, '../..');
const FOLDERS = ['config/samples', 'test/cases', 'test/resources/seeds'];

/** Meshes by file or folder: what belongs together stands together. */
function meshes(): Map<string, string> {
  const texts = new Map<string, string>();
  for (const folder of FOLDERS) {
    for (const path of readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' }).sort()) {
      if (!/\.ya?ml$/.test(path) || path.endsWith('requests.yaml')) continue;
      const isSample = folder === 'config/samples';
      const name = isSample ? join(folder, path.split('/')[0] ?? '') : join(folder, path);
      const text = withCaseKeys(readFileSync(join(PROJECT, folder, path), 'utf8'), '{"keys":[]}');
      texts.set(name, [texts.get(name), text].filter((part) => part !== undefined).join('\n---\n'));
    }
  }
  return texts;
}

describeWithEnvoy('in samples, seeds and cases', (test) => {
  let proxies: Proxies;

  beforeAll(async () => {
    proxies = await Proxies.start();
  }, 60_000);

  afterAll(async () => {
    await proxies?.end();
  });

  test('the inbound side of every workload is taken by a real Envoy, captured and not', async () => {
    const refused: string[] = [];
    const seen = new Set<string>();
    for (const [name, text] of meshes()) {
      const { mesh } = compileMesh(parseYaml(text, { file: name }).resources);
      for (const workload of mesh.registry.workloads) {
        const inbound = resolveInbound(mesh, workload);
        const captured = encodeInbound(inbound, { capture: { mode: 'REDIRECT', address: '0.0.0.0' } });
        const called = encodeInbound(inbound, {
          capture: {
            mode: 'NONE',
            bind: (port) => ({ address: '127.0.0.1', port: 20_000 + (port % 10_000) }),
            app: (port) => ({ address: '127.0.0.1', port }),
          },
        });
        for (const resources of [captured, called]) {
          const key = contentOf(resources);
          if (seen.has(key)) continue;
          seen.add(key);
          for (const why of await proxies.load('any', resources)) refused.push(`${name}: ${workload.name}: ${why}`);
        }
      }
    }
    expect(refused).toEqual([]);
    expect(seen.size).toBeGreaterThan(20);
  }, 300_000);

  test('ingress, egress and cluster gateway are taken by a real Envoy', async () => {
    const refused: string[] = [];
    const seen = new Set<string>();
    for (const [name, text] of meshes()) {
      const { mesh } = compileMesh(parseYaml(text, { file: name }).resources);
      for (const workload of GATEWAYS) {
        const resources = allResources(
          encodeProxy(
            mesh,
            { type: 'router', workload },
            {
              capture: { mode: 'REDIRECT', address: '0.0.0.0' },
              clusterGateway: { bind: { address: '127.0.0.1', port: 31_234 }, audience: 'mesh', keys: [KEY] },
              gatewayBind: (port) => ({ address: '127.0.0.1', port: 20_000 + (port % 10_000) }),
            },
          ),
        );
        const key = contentOf(resources);
        if (seen.has(key)) continue;
        seen.add(key);
        for (const why of await proxies.load('any', resources)) refused.push(`${name}: ${workload.name}: ${why}`);
      }
    }
    expect(refused).toEqual([]);
    expect(seen.size).toBeGreaterThan(20);
  }, 300_000);
});

const KEY = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
};

const GATEWAYS = [
  gateway('istio-ingressgateway', { istio: 'ingressgateway', app: 'istio-ingressgateway' }),
  gateway('istio-egressgateway', { istio: 'egressgateway', app: 'istio-egressgateway' }),
  gateway('entrance', { [CLUSTER_GATEWAY_LABEL]: 'true' }),
];

function gateway(name: string, labels: Readonly<Record<string, string>>): MeshWorkload {
  const origin = { kind: 'Pod', namespace: 'istio-system', name };
  return {
    namespace: 'istio-system',
    name,
    labels,
    annotations: {},
    serviceAccount: name,
    address: undefined,
    ports: {},
    network: '',
    locality: '',
    ready: true,
    hasSidecar: true,
    origin,
  };
}

function contentOf(resources: readonly XdsResource[]): string {
  return resources.map(({ name, version }) => `${name} ${version}`).join('\n');
}
