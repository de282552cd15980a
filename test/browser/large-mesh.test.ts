import { gzipSync } from 'node:zlib';
import type { Browser, CDPSession } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileMesh } from '../../src/control/compile.ts';
import { consoleApp } from '../../src/control/console/console-app.ts';
import { ConsoleFeed } from '../../src/control/console/console-feed.ts';
import { dashboardAssets } from '../../src/control/console/dashboard-assets.ts';
import { type ServedConsole, serveConsole } from '../../src/control/console/serve-console.ts';
import { durationCountsOf } from '../../src/control/telemetry/window/cell.ts';
import { TrafficWindow } from '../../src/control/telemetry/window/traffic-window.ts';
import { parseYaml } from '../../src/resources/parse.ts';
import { launchChromium } from './support/browser.ts';
import { ConsolePage } from './support/console-page.ts';

const TIMEOUT_MS = 240_000;
const SMALL = 50;
const LARGE = 500;

function meshYaml(services: number): string {
  const documents = Array.from({ length: services }, (_, i) => {
    const name = `service-${String(i).padStart(3, '0')}`;
    return `apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: team-${i % 10} }
spec: { selector: { app: ${name} }, ports: [{ name: http, port: 80 }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}-v1, namespace: team-${i % 10} }
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name}, version: v1 } }
    spec: { containers: [{ name: app, image: app }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${name}, namespace: team-${i % 10} }
spec:
  hosts: [${name}.example.com]
  gateways: [team-0/gw]
  http: [{ route: [{ destination: { host: ${name} } }] }]`;
  });
  const gateway = `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: gw, namespace: team-0 }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*/*.example.com"] }]`;
  return [gateway, ...documents].join('\n---\n');
}

/** Every service is called by the edge and by one other, each of which calls eight. */
function busyWindow(services: number): TrafficWindow {
  const window = new TrafficWindow();
  const sample = {
    code: 200,
    flags: '-',
    requests: 10,
    durationSumMs: 50,
    durationCounts: durationCountsOf(5),
    bytesReceived: 1,
    bytesSent: 1,
  };
  const workload = (i: number) => {
    const name = `service-${String(i).padStart(3, '0')}`;
    const namespace = `team-${i % 10}`;
    const service = `${name}.${namespace}.svc.cluster.local`;
    return { kind: 'workload', name: `${name}-v1`, namespace, version: 'v1', service } as const;
  };
  const edge = { kind: 'edge', name: 'FRA', namespace: '', version: '', service: '' } as const;
  for (let i = 0; i < services; i++) {
    const common = { destination: workload(i), protocol: 'http' } as const;
    window.add({ ...common, reporter: 'edge', source: edge, security: 'unknown' }, Date.now(), sample);
    const source = workload(Math.floor(i / 8));
    window.add({ ...common, reporter: 'source', source, security: 'mutual_tls' }, Date.now(), sample);
  }
  return window;
}

async function serveMesh(services: number): Promise<ServedConsole> {
  const { resources } = parseYaml(meshYaml(services), { file: 'mesh.yaml' });
  const { mesh, findings } = compileMesh(resources);
  const window = busyWindow(services);
  const feed = new ConsoleFeed({ name: `${services} services`, window, store: undefined, edges: () => [] });
  feed.compiled(mesh, findings, 0);
  const app = consoleApp({ source: feed, assets: dashboardAssets(), hosts: [], token: undefined });
  return serveConsole(app, 'localhost', 0);
}

describe('the console of five hundred services', { timeout: TIMEOUT_MS }, () => {
  let browser: Browser;
  let small: ServedConsole;
  let large: ServedConsole;

  beforeAll(async () => {
    browser = await launchChromium();
    small = await serveMesh(SMALL);
    large = await serveMesh(LARGE);
  }, TIMEOUT_MS);

  afterAll(async () => {
    await browser.close();
    await Promise.all([small.close(), large.close()]);
  });

  it('draws only the rows that are in sight, wherever one scrolls', async () => {
    const console = await ConsolePage.open(browser, large.url);
    await console.go('/services');
    const { page } = console;
    const rows = page.locator('tbody tr[aria-rowindex]');
    await rows.first().waitFor();
    expect(await rows.count()).toBeLessThan(100);
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await page.getByRole('link', { name: 'service-499' }).waitFor();
    expect(await rows.count()).toBeLessThan(100);
    expect(await page.getByRole('table', { name: 'Services' }).getAttribute('aria-rowcount')).toBe('501');
    await console.shoot('large-services');
    await page.getByRole('searchbox').fill('service-123');
    await page.getByRole('link', { name: 'service-123' }).waitFor();
    expect(await rows.count()).toBe(1);
    console.expectNoComplaints();
    await console.close();
  });

  it('lays the graph out beside the page, and leaves where it stands what stands already', async () => {
    const console = await ConsolePage.open(browser, large.url);
    await console.go('/graph');
    const { page } = console;
    await page.locator('[data-node]').first().waitFor();
    expect(page.workers().map((worker) => worker.url())).toEqual([expect.stringContaining('layout-worker')]);
    await console.shoot('large-graph');
    const positionOf = (): Promise<string | null> =>
      page.locator('[data-node="service:service-001.team-1.svc.cluster.local"]').getAttribute('transform');
    const before = await positionOf();
    await page.waitForResponse((response) => response.url().includes('/api/traffic'));
    expect(await positionOf()).toBe(before);
    await page.getByLabel('Namespace').selectOption('team-3');
    await page.waitForFunction(() => document.querySelectorAll('[data-node^="service:"]').length === 50);
    console.expectNoComplaints();
    await console.close();
  });

  it('works for a click about as long as with a tenth of the services', async () => {
    const work = async (url: string): Promise<number> => {
      const console = await ConsolePage.open(browser, url);
      await console.go('/graph');
      const { page } = console;
      await page.locator('[data-node]').first().waitFor();
      await page.waitForTimeout(500);
      const session = await page.context().newCDPSession(page);
      await session.send('Performance.enable');
      const before = await taskSeconds(session);
      for (const name of ['001', '002', '003']) {
        await page.locator(`[data-node^="service:service-${name}"]`).focus();
        await page.keyboard.press('Enter');
        await page.getByRole('complementary', { name: `service service-${name}` }).waitFor();
      }
      const taken = (await taskSeconds(session)) - before;
      await console.close();
      return taken;
    };
    await work(small.url);
    const [few, many] = [await work(small.url), await work(large.url)];
    // Ten times the nodes are on the screen: all of them are looked at, few are drawn again.
    expect(many / few).toBeLessThan(12);
  });

  it('comes to its first view with less than 150 KiB', async () => {
    const page = await (await fetch(large.url)).text();
    const paths = [...page.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '');
    expect(paths.length).toBe(2);
    let bytes = gzipSync(page).byteLength;
    for (const path of await withImports(large.url, paths)) {
      bytes += gzipSync(Buffer.from(await (await fetch(large.url + path)).arrayBuffer())).byteLength;
    }
    expect(bytes).toBeLessThan(150 * 1024);
  });
});

/** With the modules that they import at once, not those that are fetched when they are needed. */
async function withImports(base: string, paths: readonly string[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const queue = [...paths];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    const text = await (await fetch(base + path)).text();
    for (const [, name] of text.matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) queue.push(`/assets/${name}`);
  }
  return found;
}

async function taskSeconds(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0;
}
