import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { externalAuthorizer } from '../../src/edge/external-authorizer.ts';
import { EdgeFacts } from '../../src/edge/facts.ts';
import { Links } from '../../src/edge/links.ts';
import type { ExternalVerdict } from '../../src/engine/environment.ts';
import type { ExternalAuthorizerConfig } from '../../src/engine/policy-config.ts';
import type { ServingConfig } from '../../src/engine/serving.ts';
import { cluster } from './support/snapshot.ts';

const NAME = 'outbound|8000||authz.default.svc.cluster.local';
const PROVIDER: ExternalAuthorizerConfig = {
  name: 'authz',
  cluster: NAME,
  pathPrefix: '/check',
  timeoutMs: 300,
  failOpen: false,
  statusOnError: 403,
  includeRequestHeaders: [{ prefix: 'x-ask-' }],
  includeAdditionalHeaders: [{ name: 'x-source', value: 'edge' }],
  headersToUpstreamOnAllow: [{ exact: 'x-user' }],
  headersToDownstreamOnDeny: [],
  headersToDownstreamOnAllow: [],
};

describe('the external authorizer', () => {
  let server: Server;
  let url: string;
  let asked: { readonly request: IncomingMessage; readonly body: string } | undefined;

  beforeAll(async () => {
    server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      asked = { request, body };
      const wanted = request.headers['x-ask-for'];
      if (wanted === 'nothing') return;
      response.writeHead(Number(wanted ?? 200), { 'x-user': 'jason', 'x-other': 'y', 'www-authenticate': 'Basic' });
      response.end('because');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const ask = async (
    init: RequestInit = {},
    provider: Partial<ExternalAuthorizerConfig> = {},
  ): Promise<{ verdict: ExternalVerdict; facts: EdgeFacts }> => {
    const facts = new EdgeFacts(
      new Request('http://shop.example.com/a?b=c', { duplex: 'half', ...init } as RequestInit),
    );
    const authz = cluster(NAME, { kind: 'origin', urls: [url] });
    const serving = { cluster: (name: string) => (name === NAME ? authz : undefined) } as ServingConfig;
    const edge = { links: new Links(undefined, {}), passes: undefined, random: Math.random } as Parameters<
      typeof externalAuthorizer
    >[0];
    const check = { provider: { ...PROVIDER, ...provider }, facts, target: '/a?b=c' };
    return { verdict: await externalAuthorizer(edge, check, serving, { waitUntil: () => {} }), facts };
  };

  it('is asked with method, prefixed path and the headers it wants', async () => {
    const { verdict } = await ask({ headers: { authorization: 'Bearer t', 'x-ask-me': '1', 'x-secret': '2' } });
    expect(verdict).toEqual({ kind: 'allow', headersToUpstream: [['x-user', 'jason']], headersToDownstream: [] });
    expect(asked?.request.url).toBe('/check/a?b=c');
    expect(asked?.request.headers).toMatchObject({ authorization: 'Bearer t', 'x-ask-me': '1', 'x-source': 'edge' });
    expect(asked?.request.headers).not.toHaveProperty('x-secret');
  });

  it('denies with its own status, body and headers', async () => {
    const { verdict } = await ask({ headers: { 'x-ask-for': '401' } });
    expect(verdict).toMatchObject({ kind: 'deny', status: 401, body: 'because' });
    const only = await ask({ headers: { 'x-ask-for': '401' } }, { headersToDownstreamOnDeny: [{ exact: 'X-Other' }] });
    const names = only.verdict.kind === 'deny' ? only.verdict.headers.map(([name]) => name) : [];
    expect(names.sort()).toEqual(['www-authenticate', 'x-other']);
  });

  it('is an error when it fails, answers too late, or is not there', async () => {
    expect((await ask({ headers: { 'x-ask-for': '500' } })).verdict.kind).toBe('error');
    expect((await ask({ headers: { 'x-ask-for': 'nothing' } })).verdict.kind).toBe('error');
    expect((await ask({}, { cluster: 'outbound|1||nowhere' })).verdict.kind).toBe('error');
  });

  it('sees as much of the body as it may, and the upstream gets all of it', async () => {
    const limits = { includeRequestBody: { maxBytes: 4, allowPartial: true } };
    const { verdict, facts } = await ask({ method: 'POST', body: 'abcdefgh' }, limits);
    expect(verdict.kind).toBe('allow');
    expect(asked?.body).toBe('abcd');
    expect(asked?.request.headers['x-envoy-auth-partial-body']).toBe('true');
    expect(await new Response(facts.body).text()).toBe('abcdefgh');
    const strict = { includeRequestBody: { maxBytes: 4, allowPartial: false } };
    expect((await ask({ method: 'POST', body: 'abcdefgh' }, strict)).verdict).toMatchObject({
      kind: 'deny',
      status: 413,
    });
    expect((await ask({ method: 'POST', body: 'abcd' }, strict)).verdict.kind).toBe('allow');
  });
});
