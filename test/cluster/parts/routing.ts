import { expect } from 'vitest';
import type { Echo } from '../app/commands.ts';
import { type Part, SOON } from './part.ts';

const virtualService = (http: string): string => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: web, namespace: shop }
spec:
  hosts: [web]
  http:
${http}
`;

const destinationRule = (spec: string): string => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: web, namespace: shop }
spec: { host: web, ${spec} }
`;

const SUBSETS = 'subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }]';
const TO_V2 = '    - route: [{ destination: { host: web, subset: v2 } }]';

/** What VirtualServices and DestinationRules do on the caller's side. */
export const routing: Part = (test, { pod, during }) => {
  const call = async (headers: Readonly<Record<string, string>> = {}): Promise<Echo> =>
    await pod('front').echo({ url: 'http://web/', headers });
  const podsOf = async (count: number): Promise<Readonly<Record<string, number>>> => {
    const pods: Record<string, number> = {};
    for (let i = 0; i < count; i++) {
      const { pod: name } = await call();
      pods[name] = (pods[name] ?? 0) + 1;
    }
    return pods;
  };

  test('subsets, weights and header operations are the caller’s sidecar’s', async () => {
    const shares = `
    - match: [{ headers: { x-version: { exact: "2" } } }]
      headers: { request: { set: { x-added: yes-it-is } } }
      route: [{ destination: { host: web, subset: v2 } }]
    - route:
        - { destination: { host: web, subset: v1 }, weight: 80 }
        - { destination: { host: web, subset: v2 }, weight: 20 }`;
    await during(`${virtualService(shares)}---${destinationRule(SUBSETS)}`, async () => {
      const headers = { 'x-version': '2' };
      await expect.poll(async () => (await call(headers)).headers['x-added'], SOON).toBe('yes-it-is');
      expect((await call(headers)).pod).toBe('web-2');
      const pods = await podsOf(200);
      expect(pods['web-1']).toBeGreaterThan(120);
      expect(pods['web-2']).toBeGreaterThan(10);
    });
  });

  test('faults and timeouts answer before the application does', async () => {
    const rules = `
    - match: [{ headers: { x-case: { exact: abort } } }]
      fault: { abort: { httpStatus: 418, percentage: { value: 100 } } }
      route: [{ destination: { host: web } }]
    - match: [{ headers: { x-case: { exact: slow } } }]
      timeout: 0.3s
      route: [{ destination: { host: web } }]
    - route: [{ destination: { host: web } }]`;
    await during(virtualService(rules), async () => {
      const status = (headers: Readonly<Record<string, string>>): Promise<number | string> =>
        pod('front').statusOf({ url: 'http://web/', headers });
      await expect.poll(() => status({ 'x-case': 'abort' }), SOON).toBe(418);
      expect(await status({ 'x-case': 'slow', 'x-app-delay-ms': '5000' })).toBe(504);
      expect(await status({ 'x-case': 'slow' })).toBe(200);
      expect(await status({})).toBe(200);
    });
  });

  test('a retry goes to another pod', async () => {
    const retries = `
    - retries: { attempts: 3, retryOn: 5xx }
      route: [{ destination: { host: web } }]`;
    const failing = { 'x-app-fails': 'web-1' };
    await during(virtualService(retries), async () => {
      const seen = async (): Promise<number> => {
        let failures = 0;
        for (let i = 0; i < 10; i++) {
          const status = await pod('front').statusOf({ url: 'http://web/', headers: failing });
          if (status !== 200) failures += 1;
        }
        return failures;
      };
      await expect.poll(seen, SOON).toBe(0);
      expect((await call(failing)).pod).toBe('web-2');
      expect(await pod('front').statusOf({ url: 'http://web/', headers: { 'x-app-fails': 'all' } })).toBe(503);
    });
  });

  test('with outlier detection calls stay in the caller’s region while it has healthy pods', async () => {
    const locality =
      'trafficPolicy: { outlierDetection: { consecutive5xxErrors: 3, baseEjectionTime: 60s, interval: 1s, maxEjectionPercent: 100 } }';
    await during(destinationRule(locality), async () => {
      await expect.poll(() => podsOf(20), SOON).toEqual({ 'web-1': 20 });
      const failing = { 'x-app-fails': 'web-1' };
      await expect.poll(async () => (await call(failing).catch(() => ({ pod: 'none' }))).pod, SOON).toBe('web-2');
      await expect.poll(() => podsOf(5), SOON).toEqual({ 'web-2': 5 });
    });
    await expect.poll(async () => Object.keys(await podsOf(10)).sort(), SOON).toEqual(['web-1', 'web-2']);
  });

  test('a full circuit refuses at once', async () => {
    const pool =
      'trafficPolicy: { connectionPool: { tcp: { maxConnections: 1 }, http: { http1MaxPendingRequests: 1, maxRequestsPerConnection: 1 } } }';
    const none = virtualService('    - { retries: { attempts: 0 }, route: [{ destination: { host: web } }] }');
    await during(`${destinationRule(pool)}---${none}`, async () => {
      const headers = { 'x-app-delay-ms': '500' };
      const atOnce = async (): Promise<unknown> => {
        const answers = await Promise.all(
          Array.from({ length: 8 }, () => pod('front').http({ url: 'http://web/', headers })),
        );
        return answers.some(({ status, headers: own }) => status === 503 && own['x-envoy-overloaded'] === 'true');
      };
      await expect.poll(atOnce, SOON).toBe(true);
      await expect.poll(() => pod('front').statusOf('http://web/'), SOON).toBe(200);
    });
  });

  test('a rule for one workload by its labels is not another’s', async () => {
    const rule = `
    - match: [{ sourceLabels: { app: front } }]
      directResponse: { status: 203 }
    - route: [{ destination: { host: web } }]`;
    await during(virtualService(rule), async () => {
      await expect.poll(() => pod('front').statusOf('http://web/'), SOON).toBe(203);
      expect(await pod('other').statusOf('http://web.shop/')).toBe(200);
    });
    await during(`${virtualService(TO_V2)}---${destinationRule(SUBSETS)}`, async () => {
      await expect.poll(() => podsOf(6), SOON).toEqual({ 'web-2': 6 });
    });
    await expect.poll(async () => Object.keys(await podsOf(10)).sort(), SOON).toEqual(['web-1', 'web-2']);
  });
};
