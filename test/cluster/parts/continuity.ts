import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { until } from '../../agent/machine.ts';
import type { LoadReport } from '../app/commands.ts';
import { endpointSlice } from '../mesh.ts';
import { type Part, SOON } from './part.ts';

const LONG_MS = 120_000;
/** Load before and after what is tried. */
const STEADY_MS = 1_000;
/** Long enough for what holds only for a moment to be noticed. */
const OUTAGE_MS = 3_000;

/** What must not cost a request. */
export const continuity: Part = (test, { cluster, pod, during }) => {
  /** Two callers ask all the time, one of them from another namespace. */
  async function underLoad(work: () => Promise<void>): Promise<LoadReport> {
    const callers = [pod('front'), pod('other')];
    for (const caller of callers) await caller.tell({ do: 'load', url: 'http://web.shop/' });
    try {
      await sleep(STEADY_MS);
      await work();
      await sleep(STEADY_MS);
    } catch (error) {
      for (const caller of callers) await caller.tell({ do: 'end-load' });
      throw error;
    }
    const reports: LoadReport[] = [];
    for (const caller of callers) reports.push((await caller.tell({ do: 'end-load' })) as LoadReport);
    const pods: Record<string, number> = {};
    for (const report of reports) {
      for (const [name, count] of Object.entries(report.pods)) pods[name] = (pods[name] ?? 0) + count;
    }
    const failures = reports.flatMap((report) => report.failures);
    return { succeeded: reports.reduce((sum, one) => sum + one.succeeded, 0), failures, pods };
  }

  /** By Envoy's own account, the serial number of the certificate that it shows. */
  async function serialOf(name: string): Promise<string> {
    const { body } = await pod(name).http('http://127.0.0.1:15000/certs');
    const { certificates } = JSON.parse(body) as {
      certificates: readonly { readonly cert_chain?: readonly { readonly serial_number: string }[] }[];
    };
    return certificates.flatMap((one) => one.cert_chain ?? []).at(0)?.serial_number ?? '';
  }

  async function expectToHear(): Promise<void> {
    const rule = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: web, namespace: shop }
spec: { hosts: [web], http: [{ directResponse: { status: 203 } }] }
`;
    await during(rule, async () => {
      await expect.poll(() => pod('front').statusOf('http://web/'), SOON).toBe(203);
    });
    await expect.poll(() => pod('front').statusOf('http://web/'), SOON).toBe(200);
  }

  test('certificates are renewed under load, and no request fails', async () => {
    const before = [await serialOf('front'), await serialOf('web-1')];
    const report = await underLoad(async () => {
      await until(
        'both certificates are new',
        async () => (await serialOf('front')) !== before[0] && (await serialOf('web-1')) !== before[1],
        LONG_MS,
      );
    });
    console.log(`leaf renewal under load: ${report.succeeded} requests, ${report.failures.length} failed`);
    expect(report.failures).toEqual([]);
    expect(report.succeeded).toBeGreaterThan(100);
  });

  test('an Envoy goes on hearing of changes when the certificate has expired that its stream began with', async () => {
    const first = await serialOf('front');
    await until('the certificate is another', async () => (await serialOf('front')) !== first, LONG_MS);
    await cluster().untilAllSynced();
    await expectToHear();
  });

  test('the root is replaced under load, and no request fails', async () => {
    const caFolder = ['--dir', cluster().caFolder];
    const issuers = async (): Promise<{ readonly rotation?: unknown; readonly issuers: readonly { id: string }[] }> =>
      JSON.parse(await cluster().foresail(['ca', 'status', '-o', 'json', ...caFolder]));
    const [old] = (await issuers()).issuers;
    const startedMs = Date.now();
    const report = await underLoad(async () => {
      await cluster().foresail(['ca', 'rotate', ...caFolder]);
      await until(
        'the rotation is over',
        async () => {
          const { rotation, issuers: now } = await issuers();
          return rotation === undefined && now.length === 1 && now[0]?.id !== old?.id;
        },
        LONG_MS,
      );
    });
    console.log(
      `root rotation under load: ${report.succeeded} requests, ${report.failures.length} failed, ${Date.now() - startedMs} ms`,
    );
    expect(report.failures).toEqual([]);
    await cluster().writeRoots();
    await expectToHear();
  });

  test('a control plane that is killed and comes back costs no request, and is heard again', async () => {
    const report = await underLoad(async () => {
      await cluster().killControlPlane();
      await sleep(OUTAGE_MS);
      expect(await pod('front').statusOf('http://web/')).toBe(200);
      await cluster().startControlPlane();
      await cluster().untilAllSynced();
    });
    console.log(`control plane killed under load: ${report.succeeded} requests, ${report.failures.length} failed`);
    expect(report.failures).toEqual([]);
    await expectToHear();
  });

  test('an endpoint that comes and goes is known everywhere soon, and costs no request', async () => {
    const address = `${pod('web-3').address}:8080`;
    const sidecars = ['front', 'other', 'web-1', 'web-2'];
    const knows = async (name: string): Promise<boolean> =>
      (await pod(name).http('http://127.0.0.1:15000/clusters')).body.includes(
        `outbound|80||web.shop.svc.cluster.local::${address}::`,
      );
    const allKnow = async (): Promise<boolean> => (await Promise.all(sidecars.map(knows))).every((known) => known);
    const nobodyKnows = async (): Promise<boolean> => !(await Promise.all(sidecars.map(knows))).includes(true);
    const took: number[] = [];
    const measured = async (pods: readonly string[], isDone: () => Promise<boolean>): Promise<void> => {
      const startedMs = performance.now();
      cluster().write('web.yaml', endpointSlice(cluster(), 'web', 'shop', pods));
      await until(`endpoints are ${pods}`, isDone, LONG_MS);
      took.push(Math.round(performance.now() - startedMs));
    };
    const report = await underLoad(async () => {
      await measured(['web-1', 'web-2', 'web-3'], allKnow);
      await sleep(STEADY_MS);
      await measured(['web-1', 'web-2'], nobodyKnows);
      // As Kubernetes ends a pod: first it is no endpoint any more, then its agent drains, then nothing is there.
      await cluster().stopAgent('web-3');
    });
    console.log(
      `endpoint change at ${sidecars.length} sidecars: added after ${took[0]} ms, removed after ${took[1]} ms; ${report.succeeded} requests, ${report.failures.length} failed`,
    );
    expect(report.pods['web-3']).toBeGreaterThan(0);
    expect(report.failures).toEqual([]);
    expect(Math.max(...took)).toBeLessThan(10_000);
  });
};
