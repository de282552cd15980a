import { describe, expect, it } from 'vitest';
import { expectOutcome } from './expect-outcome.ts';
import { loadSample } from './load-sample.ts';

describe('the guestbook sample', () => {
  const { serving, complaints } = loadSample('guestbook');

  it('has nothing to complain about', () => {
    expect(complaints).toEqual([]);
  });

  it.each(['guestbook.lvh.me', 'guestbook.localhost'])('shares %s between versions 1 and 3', (host) =>
    expectOutcome(serving, `GET http://${host}/`, { distribution: { 'frontend/v1': 70, 'frontend/v3': 30 } }, 2000),
  );

  it('takes /v2 to version 2 and rewrites it away', async () => {
    await expectOutcome(serving, 'GET http://guestbook.localhost/v2', { subset: 'v2', path: '/' });
    await expectOutcome(serving, 'GET http://guestbook.localhost/v2/api/messages?x=1', {
      subset: 'v2',
      path: '/api/messages?x=1',
      headers: { 'x-envoy-original-path': '/v2/api/messages?x=1' },
    });
  });

  it('takes `source: terminal` to version 2, and nothing that only looks like it', async () => {
    const url = 'http://guestbook.localhost/';
    await expectOutcome(serving, { url, headers: { source: 'terminal' } }, { subset: 'v2', path: '/' });
    await expectOutcome(
      serving,
      { url, headers: { source: 'x-terminal' } },
      { distribution: { 'frontend/v1': 70, 'frontend/v3': 30 } },
      500,
    );
  });

  it('answers at the edge', async () => {
    await expectOutcome(serving, 'GET http://guestbook.localhost/hello', {
      status: 200,
      body: 'hello from the edge\n',
      details: 'direct_response',
    });
    await expectOutcome(serving, 'GET http://guestbook.localhost/guestbook', {
      status: 302,
      responseHeaders: { location: 'http://guestbook.localhost/' },
    });
  });

  it('delays and aborts on demand', async () => {
    const url = 'http://guestbook.localhost/';
    await expectOutcome(serving, { url, headers: { 'x-fault': 'delay' } }, { subset: 'v1', delayMs: 2000 });
    await expectOutcome(
      serving,
      { url, headers: { 'x-fault': 'abort' } },
      { status: 503, body: 'fault filter abort', flag: 'FI' },
    );
  });

  it('keeps people out of /admin, however they spell it', async () => {
    for (const path of ['/admin/clear', '/admin', '/%61dmin/clear', '/x/../admin/clear', '/v2/admin/clear']) {
      await expectOutcome(serving, `POST http://guestbook.localhost${path}`, {
        status: 403,
        body: 'RBAC: access denied',
      });
    }
  });

  it('needs no token, and serves no other host', async () => {
    await expectOutcome(serving, 'GET http://guestbook.localhost/api/messages', { status: 200, timeoutMs: 5000 });
    await expectOutcome(serving, 'GET http://example.com/', { status: 404, body: '', flag: 'NR' });
  });
});
