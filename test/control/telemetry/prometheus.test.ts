import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Compiler } from '../../../src/control/compiler.ts';
import { FolderSource } from '../../../src/control/sources/folder.ts';
import { Session } from '../../../src/control/up/session.ts';
import { parseYaml } from '../../../src/resources/parse.ts';
import { send } from '../../edge/support/client.ts';
import { type Prometheus, startPrometheus } from './prometheus-process.ts';

const GRAFANA = join(import.meta.dirname, '../../../config/grafana');

const SHOP = `
apiVersion: v1
kind: Service
metadata: { name: shop, namespace: default }
spec: { selector: { app: shop }, ports: [{ name: http, port: 80 }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: shop-v1, namespace: default }
spec: { template: { metadata: { labels: { app: shop, version: v1 } }, spec: { containers: [] } } }
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: web, namespace: istio-system }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ['*'] }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: shop, namespace: default }
spec:
  hosts: [shop.test]
  gateways: [istio-system/web]
  http:
    - match: [{ uri: { exact: /broken } }]
      fault: { abort: { httpStatus: 503, percentage: { value: 100 } } }
      route: [{ destination: { host: shop } }]
    - route: [{ destination: { host: shop } }]
`;

describe('a real Prometheus', { timeout: 120_000 }, () => {
  let folder: string;
  let session: Session;
  let prometheus: Prometheus;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'foresail-seeing-'));
    mkdirSync(join(folder, 'mesh'));
    writeFileSync(join(folder, 'mesh', 'shop.yaml'), SHOP);
    session = await Session.start({
      source: new FolderSource({
        paths: [join(folder, 'mesh')],
        parse: (text, file) => parseYaml(text, { file }),
      }),
      compiler: new Compiler({ directOrigins: false }),
      host: '127.0.0.1',
      edgePort: 0,
      gatewayPort: undefined,
      echoMissing: false,
      runApps: false,
      sidecars: 'off',
      onEvent: () => {},
    });
    prometheus = await startPrometheus({ foresail: new URL(session.seeing.metricsUrl).host });
  }, 120_000);
  afterAll(async () => {
    await prometheus?.stop();
    await session?.stop();
    rmSync(folder, { recursive: true });
  });

  const get = (path: string): ReturnType<typeof send> =>
    send(`${session.edge.url}${path}`, { headers: { host: 'shop.test', 'cf-ipcountry': 'DE' } });
  const only = async (expression: string): Promise<number> =>
    (await prometheus.query(expression))[0]?.value ?? Number.NaN;

  it('scrapes what the edge has pushed, and answers for it', async () => {
    for (let i = 0; i < 30; i++) expect((await get('/')).status).toBe(200);
    for (let i = 0; i < 6; i++) expect((await get('/broken')).status).toBe(503);
    await expect.poll(() => only('sum(istio_requests_total)'), { timeout: 60_000 }).toBe(36);
    const [series] = await prometheus.query('istio_requests_total{response_code="200"}');
    expect(series?.metric).toMatchObject({
      reporter: 'source',
      source_workload: 'istio-ingressgateway',
      source_workload_namespace: 'istio-system',
      destination_service: 'shop.default.svc.cluster.local',
      destination_service_name: 'shop',
      destination_service_namespace: 'default',
      destination_workload: 'shop-v1',
      destination_canonical_service: 'shop',
      destination_version: 'v1',
      request_protocol: 'http',
      response_flags: '-',
      connection_security_policy: 'unknown',
    });
    expect(await only('sum(istio_requests_total{response_code="503",response_flags="FI"})')).toBe(6);
    expect(
      await only(
        'histogram_quantile(0.5, sum by (le) (istio_request_duration_milliseconds_bucket{response_code="200"}))',
      ),
    ).toBeGreaterThan(0);
    expect(await only('sum(foresail_edge_refusals_total{reason="fault_filter_abort"})')).toBe(6);
    expect(await only('foresail_version')).toBe(session.version);
    expect(await only('foresail_pushes_total{result="published"}')).toBeGreaterThan(0);
    expect(await only('sum(foresail_store_writes_total)')).toBeGreaterThan(0);
    expect(await only('sum(foresail_edge_isolates)')).toBeGreaterThan(0);
  });

  it('gives the console the same without being asked', async () => {
    const { window } = session.seeing.telemetry;
    expect(window.entries.list({ minCode: 500 })).toHaveLength(6);
    expect(window.entries.list({}, 100)[0]).toMatchObject({ origin: { kind: 'VirtualService', name: 'shop' } });
    const [pair] = window.pairs(window.span()).filter(({ pair }) => pair.destination.service.startsWith('shop.'));
    expect(pair).toMatchObject({ pair: { destination: { name: 'shop-v1', namespace: 'default', version: 'v1' } } });
  });

  it('understands every query of the dashboards, and has an answer to those about the edge', async () => {
    // Rates need two scrapes with a difference between them.
    await expect
      .poll(
        async () => {
          await get('/');
          await get('/broken');
          return only('sum(rate(istio_requests_total[1m]))');
        },
        { timeout: 60_000, interval: 500 },
      )
      .toBeGreaterThan(0);
    const dashboards = readdirSync(GRAFANA).filter((file) => file.endsWith('.json'));
    expect(dashboards).toHaveLength(3);
    for (const file of dashboards) {
      const dashboard = JSON.parse(readFileSync(join(GRAFANA, file), 'utf8'));
      expect(dashboard).toMatchObject({ uid: expect.any(String), title: expect.any(String), schemaVersion: 39 });
      const places = new Set(dashboard.panels.map(({ gridPos }: { gridPos: object }) => JSON.stringify(gridPos)));
      expect(places.size).toBe(dashboard.panels.length);
      for (const { title, targets } of dashboard.panels) {
        for (const { expr } of targets) {
          const answer = await prometheus.query(expr.replaceAll(/"\$(service|workload)"/g, '".*"'));
          if (file === 'edge.json') expect(answer, `${title}: ${expr}`).not.toEqual([]);
        }
      }
    }
  });
});
