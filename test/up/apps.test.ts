import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { send } from '../edge/support/client.ts';
import { routes, SHOP, TO_V1 } from './support/mesh.ts';
import { UpProcess } from './support/up-process.ts';

const APP = `
import { createServer } from 'node:http';
createServer(async (request, response) => {
  const other = request.url === '/store' ? await (await fetch(process.env.FORESAIL_SERVICE_STORE_URL + '/inside')).json() : undefined;
  response.end(JSON.stringify({ pid: process.pid, greeting: process.env.GREETING, url: request.url, store: other?.path }));
}).listen(Number(process.env.PORT), process.env.HOST);
`;

const RUN = `
apiVersion: v1
kind: Service
metadata: { name: store }
spec: { selector: { app: store }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web }, annotations: { foresail.dev/run: node app.mjs } }
    spec: { containers: [{ name: web, image: web, env: [{ name: GREETING, value: hello }] }] }
`;

const HOST = { host: 'shop.localhost' };
const TO_WEB = '{ match: [{ uri: { prefix: / } }], route: [{ destination: { host: web } }] }';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('programs in place of pods', () => {
  const files = { 'shop.yaml': SHOP, 'run.yaml': RUN, 'app.mjs': APP, 'routes.yaml': routes(TO_WEB) };
  let up: UpProcess;
  let edge: string;

  beforeAll(async () => {
    up = new UpProcess(files, ['-o', 'json', '--edge-port', '0', '--run']);
    ({ edge } = await up.ready());
  });
  afterAll(() => up[Symbol.asyncDispose]());

  it('answer with the environment of their container', async () => {
    const answer = JSON.parse((await send(edge, { headers: HOST, path: '/x' })).text);
    expect(answer).toMatchObject({ greeting: 'hello', url: '/x' });
  });

  it('reach the services of the mesh by the environment', async () => {
    const answer = JSON.parse((await send(edge, { headers: HOST, path: '/store' })).text);
    expect(answer.store).toBe('/inside');
  });

  it('end when their resource goes', async () => {
    const { pid } = JSON.parse((await send(edge, { headers: HOST, path: '/' })).text);
    expect(isAlive(pid)).toBe(true);
    up.write('run.yaml', '# nothing');
    up.write('routes.yaml', routes(TO_V1));
    await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false);
  });
});

describe('without --run', () => {
  it('a stand-in answers: nobody runs code of a YAML file unasked', async () => {
    await using up = new UpProcess({
      'shop.yaml': SHOP,
      'run.yaml': RUN,
      'app.mjs': APP,
      'routes.yaml': routes(TO_WEB),
    });
    const { edge } = await up.ready();
    const answer = JSON.parse((await send(edge, { headers: HOST, path: '/' })).text);
    expect(answer.service).toBe('web');
  });
});
