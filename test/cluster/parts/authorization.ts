import { expect } from 'vitest';
import { often, type Part, SOON } from './part.ts';

const policy = (spec: string): string => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: web, namespace: shop }
spec:
  selector: { matchLabels: { app: web } }
  ${spec}
`;

const fromPrincipal = (account: string): string =>
  policy(`rules: [{ from: [{ source: { principals: [cluster.local/ns/shop/sa/${account}] } }] }]`);
const fromNamespace = (namespace: string): string =>
  policy(`rules: [{ from: [{ source: { namespaces: [${namespace}] } }] }]`);

/** Who may come, by the names in the certificates. */
export const authorization: Part = (test, { pod, during }) => {
  const statuses = async (): Promise<unknown> => ({
    front: await pod('front').statusOf('http://web/'),
    other: await pod('other').statusOf('http://web.shop/'),
    bare: await pod('bare').statusOf(`http://${pod('web-1').address}:8080/`),
  });

  const bytesFrom = async (name: string): Promise<unknown> =>
    await pod(name)
      .tell({ do: 'tcp', host: 'web.shop', port: 9000, text: 'hello' })
      .catch(() => '');

  test('a policy by principal lets in that one only, over HTTP and TCP, and an edit is in effect at once', async () => {
    await during(fromPrincipal('front'), async () => {
      await expect.poll(() => often(statuses), SOON).toEqual([{ front: 200, other: 403, bare: 403 }]);
      expect(await bytesFrom('front')).toMatch(/:hello$/);
      expect(await bytesFrom('other')).toBe('');
    });
    await during(fromPrincipal('somebody'), async () => {
      await expect.poll(() => often(statuses), SOON).toEqual([{ front: 403, other: 403, bare: 403 }]);
    });
    await expect.poll(() => often(statuses), SOON).toEqual([{ front: 200, other: 200, bare: 200 }]);
  });

  test('a policy by namespace lets in its workloads', async () => {
    await during(fromNamespace('other'), async () => {
      await expect.poll(() => often(statuses), SOON).toEqual([{ front: 403, other: 200, bare: 403 }]);
    });
  });

  test('a policy by method and path is enforced beside who it is', async () => {
    const rule =
      '{ from: [{ source: { namespaces: [shop] } }], to: [{ operation: { methods: [GET], paths: [/public/*] } }] }';
    await during(policy(`rules: [${rule}]`), async () => {
      const url = 'http://web/public/x';
      await expect.poll(() => often(() => pod('front').statusOf(url)), SOON).toEqual([200]);
      expect(await pod('front').statusOf('http://web/private')).toBe(403);
      expect(await pod('front').statusOf({ url, method: 'POST' })).toBe(403);
      expect(await pod('front').statusOf('http://web/public/../private')).toBe(403);
    });
    await expect.poll(() => often(statuses), SOON).toEqual([{ front: 200, other: 200, bare: 200 }]);
  });
};
