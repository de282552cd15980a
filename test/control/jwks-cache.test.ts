import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { JwksCache } from '../../src/control/jwks-cache.ts';

const MINUTE_MS = 60_000;
const KEY = { kty: 'OKP', crv: 'Ed25519', x: 'x', kid: '1' };

let server: Server;
let base: string;
let answers: Record<string, unknown>;
let requests: string[];

beforeEach(async () => {
  answers = {};
  requests = [];
  server = createServer((request, response) => {
    requests.push(request.url ?? '');
    const answer = answers[request.url ?? ''];
    response.writeHead(answer === undefined ? 500 : 200);
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => new Promise((resolve) => server.close(resolve)));

it('fetches keys by URI and by the discovery document of the issuer', async () => {
  answers = {
    '/keys': { keys: [KEY] },
    '/tenant/.well-known/openid-configuration': { jwks_uri: `${base}/keys` },
  };
  const cache = new JwksCache();
  const byUri = { issuer: 'i', jwksUri: `${base}/keys` };
  const byIssuer = { issuer: `${base}/tenant/`, jwksUri: undefined };
  expect(cache.lookup(byUri)).toEqual({ unavailable: 'the keys have not been fetched yet', uri: `${base}/keys` });
  cache.lookup(byIssuer);
  expect(await cache.refresh(0)).toBe(true);
  expect(cache.lookup(byUri)).toEqual({ keys: [KEY], uri: `${base}/keys` });
  expect(cache.lookup(byIssuer)).toEqual({ keys: [KEY], uri: `${base}/keys` });
  expect(await cache.refresh(MINUTE_MS)).toBe(false);
  expect(requests.length).toBe(3);
});

it('says why there are no keys, tries again soon, and keeps keys that it has while the issuer fails', async () => {
  const cache = new JwksCache();
  const request = { issuer: 'i', jwksUri: `${base}/keys` };
  cache.lookup(request);
  await cache.refresh(0);
  expect(cache.lookup(request)).toMatchObject({ unavailable: `${base}/keys answers 500` });
  answers = { '/keys': 'no json' };
  await cache.refresh(MINUTE_MS);
  expect(cache.lookup(request)).toMatchObject({ unavailable: expect.stringContaining('JSON') });
  answers = { '/keys': { keys: [KEY] } };
  expect(await cache.refresh(2 * MINUTE_MS)).toBe(true);
  answers = {};
  expect(await cache.refresh(30 * MINUTE_MS)).toBe(false);
  expect(cache.lookup(request)).toMatchObject({ keys: [KEY] });
  answers = { '/keys': { keys: [{ ...KEY, kid: '2' }] } };
  expect(await cache.refresh(31 * MINUTE_MS)).toBe(true);
  expect(cache.lookup(request)).toMatchObject({ keys: [{ kid: '2' }] });
});
