import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { onTheWire } from '../wire.ts';
import { often, type Part, SOON } from './part.ts';

const peerAuthentication = (mode: string): string => `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: shop }
spec: { mtls: { mode: ${mode} } }
`;

/** How Envoy ends a connection that it does not take. */
const ENDED = expect.stringMatching(/ECONNRESET|socket hang up/);

/** Who may come without mutual TLS. */
export const authentication: Part = (test, { pod, during }) => {
  const plaintext = (): Promise<number | string> => pod('bare').statusOf(`http://${pod('web-1').address}:8080/`);
  const overTheMesh = (): Promise<number | string> => pod('front').statusOf('http://web/');

  test('STRICT refuses plaintext from a pod without a sidecar, whatever the port', async () => {
    await during(peerAuthentication('STRICT'), async () => {
      await expect.poll(plaintext, SOON).toEqual(ENDED);
      const talk = { do: 'tcp', host: pod('web-1').address, port: 9000, text: 'hello' } as const;
      const said = await pod('bare')
        .tell(talk)
        .catch(() => '');
      expect(said).toBe('');
      expect(await overTheMesh()).toBe(200);
    });
  });

  test('PERMISSIVE takes both, and says of plaintext that nobody is known', async () => {
    await during(peerAuthentication('PERMISSIVE'), async () => {
      await expect.poll(plaintext, SOON).toBe(200);
      expect(await overTheMesh()).toBe(200);
      const { headers } = await pod('bare').echo(`http://${pod('web-1').address}:8080/`);
      expect(headers['x-forwarded-client-cert']).toBeUndefined();
    });
  });

  test('DISABLE speaks plain, and the wire shows it', async () => {
    const isKnown = async (): Promise<boolean> =>
      (await pod('front').echo('http://web/')).headers['x-forwarded-client-cert'] !== undefined;
    await during(peerAuthentication('DISABLE'), async () => {
      await expect.poll(() => often(isKnown), SOON).toEqual([false]);
      const body = randomUUID();
      const wire = await onTheWire(pod('front'), async () => {
        await pod('front').echo({ url: 'http://web/', method: 'POST', body });
      });
      expect(wire.bytes.includes(body)).toBe(true);
    });
    await expect.poll(() => often(isKnown), SOON).toEqual([true]);
  });
};
