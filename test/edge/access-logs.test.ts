import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { send } from './support/client.ts';
import { startEdge, type TestEdge } from './support/edge.ts';
import { seeingMesh } from './support/seeing-mesh.ts';
import { startUpstream, type Upstream } from './support/upstream.ts';

const TOKEN = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJqYXNvbiJ9.c2lnbmF0dXJl';

describe('access logs', () => {
  let edge: TestEdge;
  let upstream: Upstream;
  let version = 0;

  beforeAll(async () => {
    upstream = await startUpstream();
    edge = await startEdge();
  });
  afterAll(async () => {
    await edge.stop();
    await upstream.close();
  });

  const publish = (telemetry: object, meshConfig: object = {}): Promise<void> =>
    edge.publish(seeingMesh(Number(new URL(upstream.url).port), telemetry, meshConfig), ++version);
  /** What has been written since, once there are so many lines. */
  const linesOf = async (work: () => Promise<unknown>, count: number): Promise<string[]> => {
    const before = edge.logs.length;
    await work();
    const lines = (): string[] => edge.logs.slice(before).filter((line) => !line.includes('"message"'));
    await expect.poll(() => lines().length, { timeout: 10_000 }).toBeGreaterThanOrEqual(count);
    return lines();
  };

  it('are not written unless somebody asks', async () => {
    await publish({});
    const before = edge.logs.length;
    await send(`${edge.url}/hello`);
    await send(`${edge.url}/echo`);
    expect(edge.logs.slice(before)).toEqual([]);
  });

  it('have Istio’s text of 24 fields, with what the edge knows', async () => {
    await publish({ accessLogging: [{ providers: [{ name: 'envoy' }] }] });
    const headers = { host: 'shop.test', 'user-agent': 'test/1', 'cf-connecting-ip': '203.0.113.7' };
    const [line = ''] = await linesOf(() => send(`${edge.url}/moved?x=1`, { headers }), 1);
    const cluster = `outbound|${new URL(upstream.url).port}||shop.example.com`;
    expect(line).toMatch(
      new RegExp(
        [
          /^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\] "GET \/moved\?x=1 HTTP\/1.1" 200 - via_upstream - "-" 0 \d+ \d+ \d+ /,
          /"203\.0\.113\.7" "test\/1" "[\da-f-]{36}" "shop\.test" "127\.0\.0\.1:\d+" /,
        ]
          .map(({ source }) => source)
          .join(''),
      ),
    );
    expect(line.endsWith(`${cluster} - unknown:80 203.0.113.7:0 - moved`)).toBe(true);
  });

  it('have Istio’s JSON, with numbers and nulls', async () => {
    await publish(
      { accessLogging: [{ providers: [{ name: 'envoy' }] }] },
      { accessLogFile: '/dev/stdout', accessLogEncoding: 'JSON' },
    );
    const [line = ''] = await linesOf(() => send(`${edge.url}/secret/x`), 1);
    const entry = JSON.parse(line);
    expect(Object.keys(entry)).toHaveLength(24);
    expect(entry).toMatchObject({
      method: 'GET',
      path: '/secret/x',
      response_code: 403,
      response_flags: '-',
      response_code_details: 'rbac_access_denied_matched_policy[ns[istio-system]-policy[no-secrets]-rule[0]]',
      upstream_host: null,
      bytes_sent: 19,
    });
  });

  it('say which object has decided', async () => {
    const text = '%RESPONSE_CODE% %RESPONSE_FLAGS% %FORESAIL_ORIGIN% %UNHEARD_OF%';
    const extensionProviders = [{ name: 'own', envoyFileAccessLog: { path: '/dev/stdout', logFormat: { text } } }];
    await publish({ accessLogging: [{ providers: [{ name: 'own' }] }] }, { extensionProviders });
    const lines = await linesOf(async () => {
      await send(`${edge.url}/secret/x`);
      await send(`${edge.url}/hello`);
    }, 2);
    expect(lines[0]).toMatch(/^403 - AuthorizationPolicy\/istio-system\/no-secrets -$/);
    expect(lines[1]).toMatch(/^200 - VirtualService\/istio-system\/shop -$/);
  });

  it('are filtered by expressions, also those that need RE2', async () => {
    const filter = { expression: 'response.code >= 400 && request.path.matches("(?i)^/[a-z]+$")' };
    await publish({ accessLogging: [{ providers: [{ name: 'envoy' }], filter }] });
    const lines = await linesOf(async () => {
      await send(`${edge.url}/hello`);
      await send(`${edge.url}/secret/x`);
      await send(`${edge.url}/NOTHING`);
      await send(`${edge.url}/nothing`);
    }, 1);
    expect(lines.map((line) => /"GET (\S+)/.exec(line)?.[1])).toEqual(['/nothing']);
  });

  it('never show a token, a cookie or a line break of a client', async () => {
    const text =
      '%REQ(:PATH)% %REQ(AUTHORIZATION)% %REQ(COOKIE)% %REQ(X-OTHER)% %REQ(REFERER)% %QUERY_PARAM(access_token)%';
    const extensionProviders = [{ name: 'own', envoyFileAccessLog: { path: '/dev/stdout', logFormat: { text } } }];
    await publish({ accessLogging: [{ providers: [{ name: 'own' }] }] }, { extensionProviders });
    const headers = {
      authorization: `Bearer ${TOKEN}`,
      cookie: 'session=0123456789',
      'x-other': `before ${TOKEN}\tafter`,
      referer: `http://a/?id_token=${TOKEN}&page=2`,
    };
    const [line = ''] = await linesOf(() => send(`${edge.url}/hello?a=b&access_token=abc`, { headers }), 1);
    expect(line).toBe(
      '/hello?a=b&access_token=(hidden) (hidden) (hidden) before (hidden)\\x09after http://a/?id_token=(hidden)&page=2 (hidden)',
    );
    expect(edge.logs.join('\n')).not.toContain('eyJ');
  });
});
