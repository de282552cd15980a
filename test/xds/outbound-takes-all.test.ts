import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { compileMesh } from '../../src/control/compile.ts';
import type { Mesh } from '../../src/mesh/model.ts';
import type { ProxyClient } from '../../src/mesh/outbound/model.ts';
import { resolveOutbound } from '../../src/mesh/outbound/resolve.ts';
import { parseYaml } from '../../src/resources/parse.ts';
import { encodeOutbound } from '../../src/xds/outbound/outbound.ts';
import type { XdsResource } from '../../src/xds/resource.ts';
import { describeWithEnvoy } from '../support/needs.ts';
import { Proxies } from './support/proxies.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Folders with YAML, and each golden case by itself. */
function folders(path: string): string[] {
  const entries = readdirSync(join(ROOT, path), { withFileTypes: true });
  const own = entries.some(({ name }) => /\.ya?ml$/.test(name)) ? [path] : [];
  return [...own, ...entries.filter((entry) => entry.isDirectory()).flatMap(({ name }) => folders(join(path, name)))];
}

function meshOf(folder: string): Mesh {
  const files = readdirSync(join(ROOT, folder)).filter((name) => /\.ya?ml$/.test(name) && name !== 'requests.yaml');
  const resources = files.flatMap((file) => {
    const text = readFileSync(join(ROOT, folder, file), 'utf8').replaceAll(/\$\{CASE_JWKS\}/g, '{"keys":[]}');
    return parseYaml(text, { file }).resources;
  });
  return compileMesh(resources).mesh;
}

function clientsOf(mesh: Mesh): ProxyClient[] {
  const namespaces = new Set(['default', ...mesh.registry.services.map(({ namespace }) => namespace)]);
  return [...namespaces].map((namespace) => ({
    namespace,
    labels: { app: 'client' },
    serviceAccount: 'client',
    network: '',
    locality: 'eu/a/1',
    address: undefined,
    dnsCapture: true,
  }));
}

/** As if each had a socket of its own, and no fixed port could be taken twice. */
function captured(mesh: Mesh, client: ProxyClient): XdsResource[] {
  return encodeOutbound(resolveOutbound(mesh, client), { capture: { mode: 'REDIRECT', address: '0.0.0.0' } });
}

function called(mesh: Mesh, client: ProxyClient): XdsResource[] {
  let next = 0;
  return encodeOutbound(resolveOutbound(mesh, { ...client, interception: 'NONE' }), {
    capture: {
      mode: 'NONE',
      bind: () => {
        next += 1;
        return { address: `127.9.${Math.floor(next / 250)}.${(next % 250) + 1}`, port: 18_080 };
      },
    },
  });
}

describeWithEnvoy('a real Envoy takes the outbound half of', (test) => {
  for (const kind of ['test/cases', 'config/samples']) {
    test(`all of ${kind}`, async () => {
      const proxies = await Proxies.start();
      try {
        const told: string[] = [];
        for (const folder of folders(kind)) {
          const mesh = meshOf(folder);
          for (const client of clientsOf(mesh)) {
            for (const encode of [captured, called]) {
              const rejected = await proxies.load('client', encode(mesh, client));
              told.push(...rejected.map((why) => `${folder}: ${client.namespace} ${encode.name}: ${why}`));
            }
          }
        }
        expect(told).toEqual([]);
      } finally {
        await proxies.end();
      }
    }, 600_000);
  }
});
