import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Telemetry } from '../../src/control/telemetry/telemetry.ts';
import { TelemetryServer } from '../../src/control/telemetry/telemetry-server.ts';
import { send } from './support/client.ts';
import { startEdge, type TestEdge } from './support/edge.ts';
import { seeingMesh } from './support/seeing-mesh.ts';
import { startUpstream, type Upstream } from './support/upstream.ts';

const PUSH_TOKEN = 'push-token';
const ALL_TRACES = {
  extensionProviders: [{ name: 'otel', opentelemetry: { service: 'collector.seeing.svc.cluster.local', port: 4317 } }],
  defaultProviders: { tracing: ['otel'] },
  defaultConfig: { tracing: { sampling: 100 } },
};

let upstream: Upstream;
let edge: TestEdge | undefined;
const stops: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream.close());
afterEach(async () => {
  await edge?.stop();
  edge = undefined;
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

const upstreamPort = (): number => Number(new URL(upstream.url).port);

async function startReceiver(): Promise<{ telemetry: Telemetry; url: string }> {
  const telemetry = new Telemetry();
  const server = new TelemetryServer({ telemetry, host: '127.0.0.1', port: 0, pushToken: PUSH_TOKEN });
  const url = await server.start();
  stops.push(() => server.stop());
  return { telemetry, url };
}

async function startSeen(
  url: string,
  { vars = {}, spec = {}, mesh = {} }: { vars?: Record<string, string>; spec?: object; mesh?: object } = {},
): Promise<TestEdge> {
  edge = await startEdge({
    OTLP_ENDPOINT: url,
    OTLP_HEADERS: `authorization=Bearer%20${PUSH_TOKEN}`,
    TELEMETRY_INTERVAL_MS: '100',
    ...vars,
  });
  await edge.publish(seeingMesh(upstreamPort(), spec, mesh), 1);
  return edge;
}

/** Of series of one metric whose line holds all these labels. */
async function total(telemetry: Telemetry, name: string, ...labels: string[]): Promise<number> {
  const text = await telemetry.metricsText();
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) && labels.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

describe('metrics', { timeout: 60_000 }, () => {
  it('are Istio’s, and add up over pushes and isolates', async () => {
    const { telemetry, url } = await startReceiver();
    const { url: edgeUrl } = await startSeen(url);
    for (let i = 0; i < 20; i++) await send(`${edgeUrl}/echo`, { headers: { 'cf-ipcountry': 'DE' } });
    await send(`${edgeUrl}/secret/x`);
    await expect.poll(() => total(telemetry, 'istio_requests_total'), { timeout: 20_000 }).toBe(21);
    for (let i = 0; i < 5; i++) await send(`${edgeUrl}/hello`);
    await expect.poll(() => total(telemetry, 'istio_requests_total'), { timeout: 20_000 }).toBe(26);
    const service = 'destination_service="shop.example.com"';
    expect(await total(telemetry, 'istio_requests_total', service, 'response_code="200"')).toBe(20);
    expect(await total(telemetry, 'istio_requests_total', 'destination_service="unknown"', 'response_code="403"')).toBe(
      1,
    );
    expect(await total(telemetry, 'istio_request_duration_milliseconds_count', service)).toBe(20);
    expect(await total(telemetry, 'istio_request_duration_milliseconds_bucket', service, 'le="+Inf"')).toBe(20);
    expect(await telemetry.metricsText()).toMatch(
      /istio_requests_total\{[^}]*reporter="source"[^}]*source_workload="istio-ingressgateway"/,
    );
    expect(await total(telemetry, 'foresail_edge_refusals_total', 'AuthorizationPolicy/istio-system/no-secrets')).toBe(
      1,
    );
    const pairs = telemetry.window.pairs(telemetry.window.span());
    const toShop = pairs.find(({ pair }) => pair.destination.service === 'shop.example.com');
    expect(toShop).toMatchObject({ requests: 20, errors: 0, pair: { source: { kind: 'edge' }, reporter: 'edge' } });
    expect(pairs.some(({ pair }) => pair.source.kind === 'client' && pair.source.name === 'DE')).toBe(true);
    expect(telemetry.window.refusals(telemetry.window.span())[0]).toMatchObject({ code: 403, requests: 1 });
  });

  it('have the labels that Telemetry gives them, bounded whatever clients send', async () => {
    const { telemetry, url } = await startReceiver();
    const tagOverrides = {
      request_host: { value: 'request.host' },
      source_app: { operation: 'REMOVE' },
    };
    const spec = {
      metrics: [
        {
          overrides: [
            { match: { metric: 'REQUEST_COUNT' }, tagOverrides },
            { match: { metric: 'REQUEST_SIZE' }, disabled: true },
          ],
        },
      ],
    };
    const { url: edgeUrl } = await startSeen(url, { spec });
    const COUNT = 400;
    for (let i = 0; i < COUNT; i += 20) {
      await Promise.all(
        Array.from({ length: 20 }, (_, j) =>
          send(`${edgeUrl}/hello?${i + j}`, { path: '/hello', headers: { host: `h${i + j}.example.com` } }),
        ),
      );
    }
    await expect.poll(() => total(telemetry, 'istio_requests_total'), { timeout: 20_000 }).toBe(COUNT);
    const text = await telemetry.metricsText();
    const lines = text.split('\n').filter((line) => line.startsWith('istio_requests_total{'));
    expect(lines.length).toBeLessThanOrEqual(101);
    expect(lines.some((line) => line.includes('request_host="other"'))).toBe(true);
    expect(lines.some((line) => line.includes('source_app='))).toBe(false);
    expect(text).not.toContain('istio_request_bytes');
  });

  it('make no series of hosts and paths that clients think of', async () => {
    const { telemetry, url } = await startReceiver();
    const { url: edgeUrl } = await startSeen(url);
    for (let i = 0; i < 300; i++) {
      await send(`${edgeUrl}/nothing/${i}/x`, {
        path: '/nothing',
        headers: { host: `h${i}.test`, 'cf-ipcountry': `bad${i}` },
      });
    }
    await expect.poll(() => total(telemetry, 'istio_requests_total'), { timeout: 20_000 }).toBe(300);
    const series = (await telemetry.metricsText())
      .split('\n')
      .filter((line) => line.startsWith('istio_requests_total{'));
    expect(series).toHaveLength(1);
  });

  it('are not counted twice when a receiver has taken a batch but said otherwise', async () => {
    const telemetry = new Telemetry();
    let calls = 0;
    const receiver = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      if (request.url === '/v1/metrics') telemetry.take('metrics', JSON.parse(Buffer.concat(chunks).toString()));
      response.statusCode = ++calls <= 2 ? 503 : 200;
      response.end('{}');
    });
    const { url: edgeUrl } = await startSeen(await listen(receiver), { vars: { OTLP_SIGNALS: 'metrics' } });
    await send(`${edgeUrl}/hello`);
    await expect
      .poll(
        async () => {
          await send(`${edgeUrl}/echo`);
          return calls;
        },
        { timeout: 30_000, interval: 300 },
      )
      .toBeGreaterThan(4);
    expect(await total(telemetry, 'istio_requests_total', 'response_code="200"', 'destination_service="unknown"')).toBe(
      1,
    );
  });
});

describe('a receiver that is dead or slow', { timeout: 60_000 }, () => {
  it.each(['dead', 'slow'])('that is %s slows no request, and memory stays bounded', async (kind) => {
    let waiting = 0;
    const receiver = createServer(() => {
      waiting++;
    });
    const url = await listen(receiver);
    if (kind === 'dead') await stops.pop()?.();
    const { url: edgeUrl, logs } = await startSeen(url, {
      vars: { TELEMETRY_RECENT: '100000' },
      mesh: ALL_TRACES,
      spec: { accessLogging: [{ providers: [{ name: 'envoy' }], filter: { expression: 'response.code >= 500' } }] },
    });
    const slowest: number[] = [];
    for (let round = 0; round < 60; round++) {
      const startedMs = performance.now();
      const replies = await Promise.all(Array.from({ length: 40 }, () => send(`${edgeUrl}/hello`)));
      slowest.push(performance.now() - startedMs);
      expect(replies.every(({ status }) => status === 200)).toBe(true);
    }
    // Far below the five seconds after which a push is given up.
    expect(slowest.toSorted((a, b) => a - b)[30]).toBeLessThan(2_500);
    if (kind === 'slow') expect(waiting).toBeLessThan(10);
    expect(logs.filter((line) => line.includes('xception'))).toEqual([]);
  });
});

describe('traces', () => {
  it('join the edge’s stages and the upstream in one, which the upstream is told', async () => {
    const { telemetry, url } = await startReceiver();
    const { url: edgeUrl } = await startSeen(url, {
      mesh: ALL_TRACES,
      spec: { tracing: [{ customTags: { user: { header: { name: 'x-user', defaultValue: 'nobody' } } } }] },
    });
    const reply = await send(`${edgeUrl}/x`, { headers: { 'x-user': 'jason' } });
    const seen = JSON.parse(reply.text).headers as Record<string, string[]>;
    const [, traceId = '', parent = ''] = /^00-([\da-f]{32})-([\da-f]{16})-01$/.exec(seen.traceparent?.[0] ?? '') ?? [];
    expect(seen.b3).toEqual([`${traceId}-${parent}-1`]);
    await expect.poll(() => telemetry.traces.spans(traceId).length, { timeout: 20_000 }).toBeGreaterThanOrEqual(2);
    const spans = telemetry.traces.spans(traceId);
    const server = spans.find(({ kind }) => kind === 2);
    const client = spans.find(({ kind }) => kind === 3);
    expect(server).toMatchObject({
      parentSpanId: undefined,
      service: 'foresail-edge',
      attributes: { user: 'jason', 'http.status_code': '200', 'istio.canonical_service': 'istio-ingressgateway' },
    });
    expect(client).toMatchObject({ spanId: parent, parentSpanId: server?.spanId });
  });

  it.each([
    ['ignore', { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }, false, '1'],
    ['join', { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00' }, true, '1'],
    ['trust', { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00' }, true, '0'],
    ['trust', { b3: '0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0' }, true, '0'],
    [
      'trust',
      { 'x-b3-traceid': '0af7651916cd43dd8448eb211c80319c', 'x-b3-spanid': 'b7ad6b7169203331', 'x-b3-sampled': '0' },
      true,
      '0',
    ],
    ['trust', { traceparent: '00-00000000000000000000000000000000-b7ad6b7169203331-01' }, false, '1'],
  ])('%s: a client’s %j', async (TRACE_PARENT, headers, isJoined, sampled) => {
    const { url } = await startReceiver();
    const { url: edgeUrl } = await startSeen(url, { vars: { TRACE_PARENT }, mesh: ALL_TRACES });
    const seen = JSON.parse((await send(`${edgeUrl}/x`, { headers: { ...headers, tracestate: 'a=b' } })).text).headers;
    const [traceId, , decision] = seen.b3[0].split('-');
    expect(traceId === '0af7651916cd43dd8448eb211c80319c').toBe(isJoined);
    expect(decision).toBe(sampled);
    expect(seen.traceparent[0]).toMatch(new RegExp(`^00-${traceId}-[\\da-f]{16}-0${sampled}$`));
    expect(seen).not.toHaveProperty('x-b3-traceid');
  });

  it('leave headers alone where nothing is traced', async () => {
    const { url } = await startReceiver();
    const { url: edgeUrl } = await startSeen(url);
    const headers = { 'x-b3-traceid': '0af7651916cd43dd8448eb211c80319c' };
    const seen = JSON.parse((await send(`${edgeUrl}/x`, { headers })).text).headers;
    expect(seen['x-b3-traceid']).toEqual([headers['x-b3-traceid']]);
    expect(seen).not.toHaveProperty('traceparent');
  });
});

describe('recent entries', () => {
  it('come with the reason and the object that decided, without credentials', async () => {
    const { telemetry, url } = await startReceiver();
    const { url: edgeUrl } = await startSeen(url, { vars: { TELEMETRY_RECENT: '100' }, mesh: ALL_TRACES });
    await send(`${edgeUrl}/secret/x?access_token=abc`, { headers: { authorization: 'Bearer abc', cookie: 'a=b' } });
    await expect.poll(() => telemetry.window.entries.list().length, { timeout: 20_000 }).toBe(1);
    const [entry] = telemetry.window.entries.list();
    expect(entry).toMatchObject({
      reporter: 'edge',
      path: '/secret/x',
      code: 403,
      details: 'rbac_access_denied_matched_policy[ns[istio-system]-policy[no-secrets]-rule[0]]',
      origin: { kind: 'AuthorizationPolicy', namespace: 'istio-system', name: 'no-secrets' },
    });
    expect(JSON.stringify(entry)).not.toMatch(/abc|a=b/);
    expect(telemetry.traces.spans(entry?.traceId ?? '')).toHaveLength(1);
  });
});

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(async () => {
    server.closeAllConnections();
    await once(server.close(), 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
