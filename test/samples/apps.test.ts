import { afterAll, describe, expect, it } from 'vitest';
import { type RunningApp, runApp } from './run-app.ts';

const running: RunningApp[] = [];
const start = async (...args: Parameters<typeof runApp>): Promise<string> => {
  const app = await runApp(...args);
  running.push(app);
  return app.url;
};

afterAll(() => Promise.all(running.map((app) => app.stop())));

const text = async (url: string, init?: RequestInit): Promise<string> => (await fetch(url, init)).text();

describe('the guestbook', () => {
  it('looks different in each version, and all of them show the same messages', async () => {
    const store = { FORESAIL_SERVICE_STORE_URL: await start('guestbook', 'store') };
    const v1 = await start('guestbook', 'guestbook', { ...store, VERSION: 'v1' });
    const v2 = await start('guestbook', 'guestbook', { ...store, VERSION: 'v2' });
    const v3 = await start('guestbook', 'guestbook', { ...store, VERSION: 'v3' });
    expect(await text(v1)).toContain('<h1>Guestbook</h1>');
    expect(await text(v2)).toContain('<h1 style="color: GREEN;">Guestbook V2</h1>');
    expect(await text(v3)).toContain('version 3');

    const signed = await fetch(v2, {
      method: 'POST',
      body: new URLSearchParams({ name: 'Ann', text: '<script>1</script>' }),
      headers: { 'x-envoy-original-path': '/v2' },
      redirect: 'manual',
    });
    expect([signed.status, signed.headers.get('location')]).toEqual([303, '/v2']);
    expect(await text(v1)).toContain('&lt;script&gt;1&lt;/script&gt;');
    expect(await (await fetch(`${v3}/api/messages`)).json()).toMatchObject({
      version: 'v3',
      messages: [{ name: 'Ann' }],
    });

    await fetch(`${v1}/admin/clear`, { method: 'POST' });
    expect(await text(v3)).toContain('Nobody has written yet');
  });

  it('keeps messages itself where there is no store', async () => {
    const alone = await start('guestbook', 'guestbook');
    await fetch(`${alone}/api/messages`, { method: 'POST', body: '{"name":"Bo","text":"hello"}' });
    expect(await text(alone)).toContain('hello');
    expect((await fetch(`${alone}/api/messages`, { method: 'POST', body: '{}' })).status).toBe(400);
    expect((await fetch(`${alone}/nowhere`)).status).toBe(404);
  });
});

describe('bookinfo', () => {
  it('makes a page of what the services answer', async () => {
    const ratings = await start('bookinfo', 'ratings');
    const reviews = await start('bookinfo', 'reviews', { VERSION: 'v3', FORESAIL_SERVICE_RATINGS_URL: ratings });
    const details = await start('bookinfo', 'details');
    const page = await start('bookinfo', 'productpage', {
      FORESAIL_SERVICE_REVIEWS_URL: reviews,
      FORESAIL_SERVICE_DETAILS_URL: details,
    });
    const html = await text(`${page}/productpage`, { headers: { cookie: 'user=jason' } });
    expect(html).toContain('William Shakespeare');
    expect(html).toContain('Signed in as <strong>jason</strong>');
    expect(html).toContain('<span class="red" role="img" aria-label="4 of 5 stars">★★★★☆</span>');
    expect(await (await fetch(`${page}/api/v1/products/0/reviews`)).json()).toMatchObject({ version: 'v3' });
  });

  it('shows what there is when a service is away', async () => {
    const nowhere = 'http://127.0.0.1:1';
    const reviews = await start('bookinfo', 'reviews', { VERSION: 'v2', FORESAIL_SERVICE_RATINGS_URL: nowhere });
    const page = await start('bookinfo', 'productpage', {
      FORESAIL_SERVICE_REVIEWS_URL: reviews,
      FORESAIL_SERVICE_DETAILS_URL: nowhere,
    });
    const html = await text(`${page}/productpage`);
    expect(html).toContain('the details are not available');
    expect(html).toContain('Ratings are not available');
  });
});
