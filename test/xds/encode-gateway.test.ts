import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { encodeGateway } from '../../src/xds/gateway/gateway.ts';
import { selfSignedContext } from '../parity/certificate.ts';
import { EnvoySide } from '../parity/envoy-side.ts';
import { compiled, type MeshObjects, type ParityRequest } from '../parity/mesh-case.ts';
import { describeWithEnvoy, ENVOY } from '../support/needs.ts';
import { shown } from '../support/shown.ts';

const GOLDEN = join(import.meta.dirname, 'golden');
const documents = parseAllDocuments(readFileSync(join(GOLDEN, 'in.yaml'), 'utf8'));
const mesh = documents.map((document): unknown => document.toJS()) as MeshObjects;

describe('encodeGateway', async () => {
  const context = await selfSignedContext();
  // The certificate is another one each time.
  delete context.commonTlsContext;
  const { gateway, problems } = compiled(mesh);
  const resources = encodeGateway(gateway, {
    endpointsOf: () => [{ address: '10.1.2.3', port: 8080 }],
    tls: () => context,
  });

  it('takes the whole mesh', () => {
    expect(problems).toEqual([]);
  });

  for (const resource of resources) {
    const kind = resource.typeUrl.split('.').at(-1);
    it(`makes ${kind} ${resource.name}`, async () => {
      const file = `${kind}-${resource.name.replaceAll(/[^\w.-]/g, '_')}.golden`;
      await expect(JSON.stringify(shown(resource), null, 2)).toMatchFileSnapshot(join(GOLDEN, file));
    });
  }

  it('makes the same bytes of the same mesh', () => {
    const again = encodeGateway(compiled(mesh).gateway, {
      endpointsOf: () => [{ address: '10.1.2.3', port: 8080 }],
      tls: () => context,
    });
    expect(again.map(({ version }) => version)).toEqual(resources.map(({ version }) => version));
  });
});

describeWithEnvoy('a real Envoy', (test) => {
  for (const delta of [true, false]) {
    test(`takes mesh after mesh by ${delta ? 'delta' : 'state of the world'}`, async () => {
      const envoy = await EnvoySide.start(ENVOY, { delta });
      try {
        for (let round = 0; round < 3; round++) {
          const { gateway } = compiled(round === 1 ? mesh.slice(0, 2) : mesh);
          expect(await envoy.load(gateway)).toEqual([]);
          const { status } = await envoy.send(REQUEST);
          expect(status).toBe(round === 1 ? 404 : 302);
        }
      } finally {
        await envoy.stop();
      }
    }, 60_000);
  }
});

const REQUEST: ParityRequest = {
  method: 'GET',
  target: '/old',
  headers: [['Host', 'a.test']],
  client: '198.51.100.7',
  port: 80,
  tls: false,
};
