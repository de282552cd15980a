import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorkerd } from '../runtime/support/workerd.ts';
import { FakeKvApi } from '../store/fake-kv-api.ts';
import { CloudflareApi } from '../support/cloudflare-api.ts';
import { runForesail } from './run-foresail.ts';

const YAML = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: gw }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: shop }
spec:
  hosts: [shop.example.com]
  gateways: [gw]
  http: [{ route: [{ destination: { host: web, port: { number: 80 } } }] }]
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { ports: [{ name: http, port: 80 }] }
`;

/** The lines of the README, "Or without wrangler", one after the other; what has been uploaded then runs in workerd. */
describe('from nothing to a served request', () => {
  const folder = mkdtempSync(join(tmpdir(), 'edge-path-'));
  const asked: IncomingHttpHeaders[] = [];
  const gateway = createServer((request, response) => {
    asked.push(request.headers);
    response.end('from the cluster');
  });
  let api: CloudflareApi;
  let kv: FakeKvApi;
  let edge: Awaited<ReturnType<typeof startWorkerd>> | undefined;

  beforeAll(async () => {
    api = await CloudflareApi.start();
    kv = await FakeKvApi.start('kv0', 'secret-token');
    gateway.listen(0, '127.0.0.1');
    await once(gateway, 'listening');
    writeFileSync(join(folder, 'shop.yaml'), YAML);
  });
  afterAll(async () => {
    await edge?.stop();
    gateway.close();
    gateway.closeAllConnections();
    await Promise.all([api.stop(), kv.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  async function succeed(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
    const run = await runForesail(args, {
      CLOUDFLARE_ACCOUNT_ID: 'acc',
      CLOUDFLARE_API_TOKEN: 'secret-token',
      FORESAIL_CLOUDFLARE_API: api.url,
      FORESAIL_KV_API_BASE: kv.base,
      ...env,
    });
    expect(run.code, run.stderr).toBe(0);
    return run.stdout + run.stderr;
  }

  it('takes five commands', async () => {
    const init = await succeed(['edge', 'init', '--out', join(folder, 'wrangler.edge.toml')]);
    const [, id = ''] = /--namespace-id (\w+)/.exec(init) ?? [];
    const key = ['--sign-key', join(folder, 'sign.pem'), '--create-sign-key'];
    const pushed = await succeed(['push', join(folder, 'shop.yaml'), '--store', 'kv', '--namespace-id', id, ...key]);
    const [publicKey = ''] = /\{"kty".*\}/.exec(pushed) ?? [];
    await succeed(['link', '--dir', join(folder, 'link')]);
    const [name = ''] = readdirSync(join(folder, 'link')).filter((file) => file.endsWith('.jwk'));
    const links = { clusters: { '*': { url: `http://127.0.0.1:${(gateway.address() as AddressInfo).port}` } } };
    const vars = ['--var', `SNAPSHOT_PUBLIC_KEY=${publicKey}`, '--var', `FORESAIL_LINKS=${JSON.stringify(links)}`];
    const route = ['--route', 'shop.example.com/*@example.com'];
    await succeed(['edge', 'deploy', ...route, '--secret', 'EDGE_PASS_KEY', ...vars], {
      EDGE_PASS_KEY: readFileSync(join(folder, 'link', name), 'utf8'),
    });
    expect(await succeed(['edge', 'status', ...route])).toContain('leads to foresail-edge');

    const worker = api.workers.get('foresail-edge');
    const plain = (worker?.bindings ?? []).filter(({ type }) => type === 'plain_text');
    const variables = [
      ...plain.map((binding) => [String(binding.name), String(binding.text)]),
      ...(worker?.secrets ?? []),
    ];
    edge = await startWorkerd(Object.fromEntries(variables), worker?.code ?? '');
    await edge.write(kv.values);
    const { port } = new URL(edge.url);
    const ask = async (host: string): Promise<[number | undefined, string]> => {
      const request = get({ host: '127.0.0.1', port, path: '/cart', headers: { host } });
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      return [response.statusCode, await text(response)];
    };
    expect(await ask('shop.example.com')).toEqual([200, 'from the cluster']);
    expect(asked[0]?.['x-foresail-pass']).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect((await ask('other.example.com'))[0]).toBe(404);
  }, 240_000);
});
