import { expect } from 'vitest';
import { type Part, SOON } from './part.ts';

/** What the kubelet and Prometheus ask, from outside of the pod. */
export const status: Part = (test, { cluster, pod }) => {
  const at = (port: number, path: string): string => `http://${pod('web-1').address}:${port}${path}`;
  const asked = (port: number, path: string): Promise<number | string> => cluster().node.statusOf(at(port, path));

  test('the kubelet learns on 15021 whether Envoy takes requests', async () => {
    expect(await asked(15_021, '/healthz/ready')).toBe(200);
  });

  test('rewritten probes ask the application itself', async () => {
    expect(await asked(15_020, '/app-health/app/readyz')).toBe(200);
    expect(await asked(15_020, '/app-health/app/livez')).toBe(200);
    expect(await asked(15_020, '/app-health/other/readyz')).toBe(404);
    await pod('web-1').tell({ do: 'health', isHealthy: false });
    expect(await asked(15_020, '/app-health/app/readyz')).toBe(500);
    await pod('web-1').tell({ do: 'health', isHealthy: true });
    await expect.poll(() => asked(15_020, '/app-health/app/readyz'), SOON).toBe(200);
  });

  test('15020 has the figures of Envoy, of the agent and of the application in one page', async () => {
    await pod('front').echo('http://web/');
    const { status, body } = await cluster().node.http(at(15_020, '/stats/prometheus'));
    expect(status).toBe(200);
    expect(body).toMatch(/^envoy_cluster_upstream_rq/m);
    expect(body).toMatch(/^app_requests_total\{pod="web-1"\} \d+$/m);
    expect(body).toMatch(/^(istio_agent|foresail_agent)/m);
  });
};
