import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MeshView, StateView } from '../../src/control/console/wire.ts';
import { startForesail } from '../cli/run-foresail.ts';

const BUILD = join(import.meta.dirname, '../../src/control/console/build-dashboard.ts');

const YAML = `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { ports: [{ name: http, port: 80 }] }
`;

const ROUTES = `---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: web, namespace: istio-system }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ['*'] }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: web, namespace: shop }
spec:
  hosts: [web.example.com]
  gateways: [istio-system/web]
  http: [{ route: [{ destination: { host: web } }] }]
`;

/** As an image runs it: with files that were bundled before. */
describe('the console of foresaild', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'daemon-console-'));
  let child: ReturnType<typeof startForesail>;
  let url: string;

  beforeAll(async () => {
    writeFileSync(join(folder, 'mesh.yaml'), YAML);
    execFileSync(process.execPath, [BUILD, join(folder, 'console')]);
    const places = [
      '--ca-dir',
      join(folder, 'ca'),
      '--listen',
      '127.0.0.1:0',
      '--http-port',
      '0',
      '--console-port',
      '0',
    ];
    const store = ['--store', `folder:${join(folder, 'published')}`];
    child = startForesail(['foresaild', join(folder, 'mesh.yaml'), '-o', 'json', ...places, ...store], {
      FORESAIL_CONSOLE: join(folder, 'console'),
      FORESAIL_CONSOLE_TOKEN: 'token',
    });
    url = await new Promise((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`foresaild ended with ${code}`)));
      if (child.stdout === null) return;
      createInterface({ input: child.stdout }).on('line', (line) => {
        const { ready, console: place } = JSON.parse(line);
        if (ready === true) resolve(place);
      });
    });
  }, 120_000);
  afterAll(() => {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  const get = async <T>(path: string): Promise<T> => (await (await fetch(`${url}${path}`)).json()) as T;

  it('shows the mesh that is served, and the certificates of its CA', async () => {
    const mesh = await get<MeshView>('/api/mesh');
    expect(mesh.services.map(({ host }) => host)).toEqual(['web.shop.svc.cluster.local']);
    expect(mesh.certificates.map(({ use }) => use)).toEqual(['mesh-ca']);
    expect(mesh.certificates[0]?.notAfterMs).toBeGreaterThan(Date.now());
  });

  it('shows every version, and goes back to one for who has the token', async () => {
    const { version: first, revision } = await get<StateView>('/api/state');
    writeFileSync(join(folder, 'mesh.yaml'), `${YAML}${ROUTES}`);
    await expect
      .poll(async () => (await get<StateView>('/api/state')).revision, { timeout: 30_000 })
      .toBe(revision + 1);
    const post = (authorization: Record<string, string>): Promise<Response> =>
      fetch(`${url}/api/rollback`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...authorization },
        body: JSON.stringify({ version: first }),
      });
    expect((await post({})).status).toBe(401);
    expect((await post({ authorization: 'Bearer token' })).status).toBe(200);
  });

  it('has the files that were bundled for it', async () => {
    const page = await (await fetch(url)).text();
    const files = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, file]) => file ?? '');
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) {
      const answer = await fetch(`${url}${file}`);
      expect([file, answer.status]).toEqual([file, 200]);
      expect(answer.headers.get('content-type')).toMatch(/javascript|css/);
    }
  });
});
