import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CloudflareApi } from '../support/cloudflare-api.ts';
import { type Run, runForesail } from './run-foresail.ts';

let api: CloudflareApi;
let folder: string;

beforeEach(async () => {
  api = await CloudflareApi.start();
  folder = mkdtempSync(join(tmpdir(), 'edge-'));
});
afterEach(() => api.stop());

async function edge(args: readonly string[], env: Record<string, string> = {}): Promise<Run> {
  const identity = {
    CLOUDFLARE_ACCOUNT_ID: 'acc',
    CLOUDFLARE_API_TOKEN: 'secret-token',
    FORESAIL_CLOUDFLARE_API: api.url,
  };
  return await runForesail(['edge', ...args], { ...identity, ...env });
}

async function succeed(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const run = await edge(args, env);
  expect(run.code, run.stderr).toBe(0);
  return run.stdout;
}

const ROUTE = 'shop.example.com/*@example.com';
const LINKS = 'FORESAIL_LINKS={"clusters":{"*":{"url":"https://gw.example.com"}}}';

describe('edge', { timeout: 120_000 }, () => {
  it('init makes the namespace once, and writes the configuration of wrangler', async () => {
    for (let other = 0; other < 130; other++) api.namespaces.push({ id: `other${other}`, title: `other-${other}` });
    const out = join(folder, 'wrangler.toml');
    expect(await succeed(['init', '--out', out, '--route', ROUTE, '--var', LINKS])).toContain(
      'made KV namespace foresail-edge-config (kv130)',
    );
    const first = readFileSync(out, 'utf8');
    expect(first).toContain('kv_namespaces = [{ binding = "CONFIG", id = "kv130" }]');
    expect(first).toContain('routes = [{ pattern = "shop.example.com/*", zone_name = "example.com" }]');
    expect(await succeed(['init', '--out', out, '--route', ROUTE, '--var', LINKS])).toContain('kept KV namespace');
    expect(readFileSync(out, 'utf8')).toBe(first);
    expect(api.namespaces).toHaveLength(131);
  });

  it('deploy uploads the worker with all that it needs, and again keeps what is there', async () => {
    const [certificate, key] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
    writeFileSync(certificate, 'certificate');
    writeFileSync(key, 'key');
    const args = [
      'deploy',
      '--route',
      ROUTE,
      '--var',
      LINKS,
      '--secret',
      'ADMIN_TOKEN',
      '--client-certificate',
      certificate,
      '--client-key',
      key,
    ];
    const first = await succeed(args, { ADMIN_TOKEN: 'hush' });
    expect(first).toMatch(
      /made KV namespace[\s\S]*made client certificate[\s\S]*uploaded worker[\s\S]*made secret ADMIN_TOKEN[\s\S]*made route/,
    );
    expect(first).not.toContain('hush');
    const worker = api.workers.get('foresail-edge');
    expect(worker?.code).toContain('export');
    expect(worker?.bindings).toEqual(
      expect.arrayContaining([
        { type: 'kv_namespace', name: 'CONFIG', namespace_id: 'kv0' },
        { type: 'mtls_certificate', name: 'GATEWAY_CERTIFICATE', certificate_id: 'cert0' },
        { type: 'plain_text', name: 'FORESAIL_LINKS', text: LINKS.slice('FORESAIL_LINKS='.length) },
      ]),
    );
    const writes = api.writes.length;
    const second = await succeed(args, { ADMIN_TOKEN: 'another' });
    expect(second).toContain('kept secret ADMIN_TOKEN');
    expect(api.writes.slice(writes)).toEqual(['PUT /workers/scripts/foresail-edge']);
    expect(api.workers.get('foresail-edge')?.secrets.get('ADMIN_TOKEN')).toBe('hush');

    const status = await succeed(['status', '--route', ROUTE]);
    expect(status).toMatch(/worker\s+foresail-edge\s+deployed[\s\S]*ADMIN_TOKEN\s+set[\s\S]*leads to foresail-edge/);
  });

  it("changes nothing where a worker or a route is somebody else's", async () => {
    api.workers.set('foresail-edge', { code: 'mine', bindings: [], secrets: new Map() });
    const taken = await edge(['deploy']);
    expect([taken.code, taken.stderr]).toEqual([2, expect.stringContaining("there and not Foresail's")]);
    api.workers.clear();
    api.routes.push({ id: 'r', pattern: 'shop.example.com/*', script: 'other' });
    expect((await edge(['deploy', '--route', ROUTE])).stderr).toContain('leads to other');
    expect((await edge(['deploy', '--route', 'a/*@nowhere.example'])).stderr).toContain(
      'there is no zone nowhere.example',
    );
    expect(api.writes).toEqual([]);
  });

  it('says who may not, and never with what', async () => {
    const wrong = await edge(['deploy'], { CLOUDFLARE_API_TOKEN: 'wrong-token' });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('HTTP 403: 10000 Authentication error');
    expect(wrong.stderr).not.toContain('wrong-token');
    expect((await edge(['deploy', '--secret', 'MISSING'])).stderr).toContain('Set the environment variable MISSING');
    expect((await edge(['deploy', '--route', 'shop.example.com'])).stderr).toContain('names no zone');
  });
});
