import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { onTheWire } from '../wire.ts';
import type { Part } from './part.ts';

const FRONT = 'URI=spiffe://cluster.local/ns/shop/sa/front';

/** What an application notices of the mesh: nothing. What the wire shows: nothing either. */
export const capture: Part = (test, { pod }) => {
  test('an application that knows nothing of a mesh finds a service by its name, and is known there by its own', async () => {
    expect(await pod('front').tell({ do: 'look-up', name: 'web' })).toEqual(['10.96.1.1']);
    for (const host of ['web', 'web.shop', 'web.shop.svc.cluster.local', '10.96.1.1']) {
      const { headers, path } = await pod('front').echo(`http://${host}/cart`);
      expect(path).toBe('/cart');
      expect(headers['x-forwarded-client-cert']).toContain(FRONT);
      expect(headers['x-forwarded-client-cert']).toContain('By=spiffe://cluster.local/ns/shop/sa/web');
    }
  });

  test('a caller of another namespace finds it by the longer name, and is known by its own', async () => {
    const { headers } = await pod('other').echo('http://web.shop/');
    expect(headers['x-forwarded-client-cert']).toContain('URI=spiffe://cluster.local/ns/other/sa/other');
  });

  test('what a caller says that it is does not count', async () => {
    const headers = { 'x-forwarded-client-cert': 'URI=spiffe://cluster.local/ns/shop/sa/admin' };
    const seen = await pod('front').echo({ url: 'http://web/', headers });
    expect(seen.headers['x-forwarded-client-cert']).toContain(FRONT);
    expect(seen.headers['x-forwarded-client-cert']).not.toContain('admin');
  });

  test('on the wire between two pods there is TLS, and no plain byte of the body', async () => {
    const [asked, answered] = [randomUUID(), randomUUID()];
    const wire = await onTheWire(pod('front'), async () => {
      const url = `http://web/?${answered}`;
      const echo = await pod('front').echo({ url, method: 'POST', body: asked });
      expect(echo.body).toBe(asked);
      expect(echo.path).toContain(answered);
    });
    expect(wire.hasTls).toBe(true);
    expect(wire.bytes.includes(asked)).toBe(false);
    expect(wire.bytes.includes(answered)).toBe(false);
    expect(wire.bytes.includes('x-forwarded-client-cert')).toBe(false);
  });

  test('an application that calls itself does so without the mesh', async () => {
    const { headers } = await pod('web-1').echo('http://127.0.0.1:8080/');
    expect(headers['x-forwarded-client-cert']).toBeUndefined();
  });

  test('a pod that calls the service it is part of reaches all of it, itself included', async () => {
    const seen = new Set<string>();
    await expect
      .poll(async () => seen.add((await pod('web-1').echo('http://web/')).pod), { timeout: 30_000 })
      .toEqual(new Set(['web-1', 'web-2']));
  });
};
