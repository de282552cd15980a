import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { open, send } from './support/client.ts';
import { startEdge, type TestEdge } from './support/edge.ts';
import { cluster, forwardTo, meshOf, route } from './support/snapshot.ts';
import { startUpstream, type Upstream } from './support/upstream.ts';

const CLUSTER = 'outbound|80||app.default.svc.cluster.local';
const HUNDRED_MB = 100 * 1024 * 1024;

describe('bodies through the edge', () => {
  let edge: TestEdge;
  let upstream: Upstream;

  beforeAll(async () => {
    upstream = await startUpstream();
    edge = await startEdge();
    const origin = cluster(CLUSTER, { kind: 'origin', urls: [upstream.url] });
    await edge.publish(meshOf([route(forwardTo(CLUSTER))], [origin]), 1);
  });

  afterAll(async () => {
    await edge.stop();
    await upstream.close();
  });

  it('stream both ways at the same time', async () => {
    const request = httpRequest(`${edge.url}/echo`, { method: 'POST', agent: false });
    request.write('first');
    const [response] = await once(request, 'response');
    const [first] = await once(response, 'data');
    expect(String(first)).toBe('first');
    request.write('second');
    const [second] = await once(response, 'data');
    expect(String(second)).toBe('second');
    request.end();
    response.resume();
    await once(response, 'end');
  });

  it('pass server-sent events on one by one', async () => {
    const response = await open(`${edge.url}/events`);
    expect(response.headers['content-type']).toBe('text/event-stream');
    const arrivals: number[] = [];
    for await (const _ of response) arrivals.push(performance.now());
    expect(arrivals.length).toBeGreaterThanOrEqual(4);
    expect((arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0)).toBeGreaterThan(250);
  });

  it('of 100 MB go up and down without being held in memory', async () => {
    const before = workerdMemory();
    const request = httpRequest(`${edge.url}/sink`, {
      method: 'POST',
      agent: false,
      headers: { 'content-length': HUNDRED_MB },
    });
    const chunk = Buffer.alloc(1024 * 1024);
    const responded = once(request, 'response');
    for (let i = 0; i < 100; i++) if (!request.write(chunk)) await once(request, 'drain');
    request.end();
    const [response] = await responded;
    const [text] = await once(response, 'data');
    expect(String(text)).toBe(String(HUNDRED_MB));

    let bytes = 0;
    for await (const part of await open(`${edge.url}/big`)) bytes += (part as Buffer).length;
    expect(bytes).toBe(HUNDRED_MB);
    expect(workerdMemory() - before).toBeLessThan(HUNDRED_MB * 0.8);
  });

  it('pass WebSockets on', async () => {
    const socket = new WebSocket(edge.url.replace('http', 'ws'), ['chat']);
    await once(socket, 'open');
    expect(socket.protocol).toBe('chat');
    socket.send('hello');
    const [message] = await once(socket, 'message');
    expect((message as MessageEvent).data).toBe('hello');
    socket.close(4001, 'done');
    const [closed] = await once(socket, 'close');
    expect((closed as CloseEvent).code).toBe(4001);
  });

  it('may be absent: HEAD, 204, 304', async () => {
    const head = await send(`${edge.url}/head`, { method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, text: '' });
    expect(head.headers['content-length']).toBe('5');
    expect(await send(`${edge.url}/204`)).toMatchObject({ status: 204, text: '' });
    const notModified = await send(`${edge.url}/304`);
    expect(notModified.status).toBe(304);
    expect(notModified.headers.etag).toBe('"x"');
  });

  it('of a GET arrive too', async () => {
    const { status, text } = await send(`${edge.url}/get`, { headers: { 'content-length': 3 }, body: 'abc' });
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ method: 'GET', body: 'abc' });
  });

  it('keep several Set-Cookie headers apart, and redirects for the client to follow', async () => {
    const { headers } = await send(`${edge.url}/cookies`);
    expect(headers['set-cookie']).toEqual(['a=1; Path=/', 'b=2, with a comma']);
    expect(headers.server).toBe('istio-envoy');
    expect(headers['x-envoy-upstream-service-time']).toMatch(/^\d+$/);
    const redirect = await send(`${edge.url}/redirect`);
    expect(redirect.status).toBe(302);
    expect(redirect.headers.location).toBe('/elsewhere');
  });
});

/** Resident bytes of the workerd that this process runs. */
function workerdMemory(): number {
  const pid = execFileSync('pgrep', ['-P', String(process.pid), 'workerd'], { encoding: 'utf8' })
    .trim()
    .split('\n')[0];
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}
