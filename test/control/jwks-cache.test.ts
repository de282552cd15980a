import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Compiler } from '../../src/control/compiler.ts';
import { JwksCache } from '../../src/control/jwks-cache.ts';
import { parseYaml } from '../../src/resources/parse.ts';

const MINUTE_MS = 60_000;
const KEY = { kty: 'OKP', crv: 'Ed25519', x: 'x', kid: '1' };

let server: Server;
let base: string;
let answers: Record<string, unknown>;
let requests: string[];
const hanging = new Set<string>();

beforeEach(async () => {
  answers = {};
  requests = [];
  server = createServer((request, response) => {
    requests.push(request.url ?? '');
    if (hanging.has(request.url ?? '')) return;
    const answer = answers[request.url ?? ''];
    response.writeHead(answer === undefined ? 500 : 200);
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  hanging.clear();
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

async function refresh(cache: JwksCache, nowMs: number): Promise<boolean> {
  const before = cache.revision;
  await cache.refresh(nowMs);
  return cache.revision !== before;
}

it('fetches keys by URI and by the discovery document of the issuer', async () => {
  answers = {
    '/keys': { keys: [KEY] },
    '/tenant/.well-known/openid-configuration': { jwks_uri: `${base}/keys` },
  };
  const cache = new JwksCache();
  const byUri = { issuer: 'i', jwksUri: `${base}/keys` };
  const byIssuer = { issuer: `${base}/tenant/`, jwksUri: undefined };
  expect(cache.lookup(byUri)).toEqual({
    unavailable: 'the keys of issuer i have not been fetched yet',
    uri: `${base}/keys`,
  });
  cache.lookup(byIssuer);
  expect(await refresh(cache, 0)).toBe(true);
  expect(cache.lookup(byUri)).toEqual({ keys: [KEY], uri: `${base}/keys` });
  expect(cache.lookup(byIssuer)).toEqual({ keys: [KEY], uri: `${base}/keys` });
  expect(await refresh(cache, MINUTE_MS)).toBe(false);
  expect(requests.length).toBe(3);
});

it('says why there are no keys, tries again soon, and keeps keys that it has while the issuer fails', async () => {
  const cache = new JwksCache();
  const request = { issuer: 'i', jwksUri: `${base}/keys` };
  cache.lookup(request);
  await refresh(cache, 0);
  expect(cache.lookup(request)).toMatchObject({
    unavailable: `the keys of issuer i are unavailable since 1970-01-01T00:00:00.000Z: ${base}/keys answers 500`,
  });
  answers = { '/keys': 'no json' };
  await refresh(cache, MINUTE_MS);
  expect(cache.lookup(request)).toMatchObject({ unavailable: expect.stringContaining('JSON') });
  answers = { '/keys': { keys: [KEY] } };
  expect(await refresh(cache, 2 * MINUTE_MS)).toBe(true);
  answers = {};
  expect(await refresh(cache, 30 * MINUTE_MS)).toBe(false);
  expect(cache.lookup(request)).toMatchObject({ keys: [KEY] });
  answers = { '/keys': { keys: [{ ...KEY, kid: '2' }] } };
  expect(await refresh(cache, 31 * MINUTE_MS)).toBe(true);
  expect(cache.lookup(request)).toMatchObject({ keys: [{ kid: '2' }] });
});

it('a compile waits for keys of a new issuer, but not long, and not for a refresh', async () => {
  const yaml = `apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: jwt, namespace: istio-system}
spec:
  jwtRules:
  - {issuer: one, jwksUri: "${base}/keys"}
  - {issuer: two, jwksUri: "${base}/never"}
`;
  answers = { '/keys': { keys: [KEY] } };
  hanging.add('/never');
  const compiler = new Compiler();
  const { resources } = parseYaml(yaml, { file: 'a.yaml' });
  const startedMs = performance.now();
  const { mesh } = await compiler.compile(resources);
  // The issuer that hangs would be given up after five seconds.
  expect(performance.now() - startedMs).toBeLessThan(4_500);
  const rules = Object.values(mesh.edge.config.policies).flatMap(({ jwt }) => jwt);
  expect(rules.map(({ keys }) => 'keys' in keys)).toEqual([true, false]);
  const again = performance.now();
  await compiler.compile(resources);
  expect(performance.now() - again).toBeLessThan(4_500);
});
