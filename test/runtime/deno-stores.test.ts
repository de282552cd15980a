import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FolderStore } from '../../src/store/folder.ts';
import { runForesail } from '../cli/run-foresail.ts';
import { send } from '../edge/support/client.ts';
import { meshOf, route, snapshotEntries } from '../edge/support/snapshot.ts';
import { startDeno } from './support/deno.ts';
import { ADMIN_PREFIX, ADMIN_TOKEN, type RuntimeEdge } from './support/runtime.ts';

const NEVER_BY_ITSELF = { GATEWAY_PORT: '80', REFRESH_MS: '3600000' };

function mesh(body: string, hosts: number): string {
  const objects = Array.from(
    { length: hosts },
    (_, i) => `---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: host-${i}, namespace: demo }
spec:
  hosts: [host-${i}.example.com]
  gateways: [web]
  http: [{ directResponse: { status: 200, body: { string: "${body} ${i}" } } }]
`,
  );
  return `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: web, namespace: demo }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }]
${objects.join('')}`;
}

describe('on Deno', () => {
  let folder: string;
  let edge: Omit<RuntimeEdge, 'write'> | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'foresail-deno-'));
  });
  afterAll(async () => {
    await edge?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('what `foresail push` writes to Deno KV is served at once, whatever its size', async () => {
    edge = await startDeno({
      ...NEVER_BY_ITSELF,
      ADMIN_PREFIX,
      ADMIN_TOKEN,
      DENO_KV_PATH: join(folder, 'kv.db'),
    });
    const { url } = edge;
    const served = async (host: string): Promise<string> => (await send(url, { headers: { host } })).text;
    const push = async (body: string, hosts: number): Promise<void> => {
      await writeFile(join(folder, 'mesh.yaml'), mesh(body, hosts));
      const api = ['--api-base', url + ADMIN_PREFIX, '--store', 'kv', '--namespace-id', 'deno'];
      const { code, stderr } = await runForesail(['push', join(folder, 'mesh.yaml'), ...api], {
        CLOUDFLARE_API_TOKEN: ADMIN_TOKEN,
      });
      expect({ code, stderr }).toMatchObject({ code: 0 });
    };
    await push('small', 1);
    await expect.poll(() => served('host-0.example.com')).toBe('small 0');
    // Buckets of more than the 65,536 bytes that a value of Deno KV may have.
    await push('large', 2_000);
    await expect.poll(() => served('host-1999.example.com')).toBe('large 1999');
    await push('small again', 1);
    await expect.poll(() => served('host-0.example.com')).toBe('small again 0');
    const unknown = await runForesail(
      ['push', join(folder, 'mesh.yaml'), '--api-base', url + ADMIN_PREFIX, '--store', 'kv', '--namespace-id', 'deno'],
      { CLOUDFLARE_API_TOKEN: 'guessed' },
    );
    expect(unknown.code).not.toBe(0);
    await edge.stop();
    edge = undefined;
  });

  it('a folder is a store too', async () => {
    const store = new FolderStore(join(folder, 'store'));
    await store.put(
      await snapshotEntries(meshOf([route({ kind: 'direct-response', status: 200, body: 'from a folder' })], [])),
    );
    edge = await startDeno({ ...NEVER_BY_ITSELF, FORESAIL_STORE: `folder:${join(folder, 'store')}` });
    expect((await send(edge.url)).text).toBe('from a folder');
    // Without a token there is nothing to publish through.
    expect((await send(`${edge.url}${ADMIN_PREFIX}/storage/kv/namespaces/deno/keys`)).text).toBe('from a folder');
  });

  it('a store that makes no sense is a mistake, not none', async () => {
    await expect(startDeno({ FORESAIL_STORE: 'folder' })).rejects.toThrow('FORESAIL_STORE must be kv or folder:PATH');
  });
});
