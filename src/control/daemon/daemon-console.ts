import type { MeshCa } from '../../ca/authority/mesh-ca.ts';
import type { LeafLedger } from '../../ca/rotation/leaf-ledger.ts';
import type { Mesh } from '../../mesh/model.ts';
import type { ConfigStore } from '../../store/config-store.ts';
import { ConsoleFeed } from '../console/console-feed.ts';
import type { ConsoleSource } from '../console/console-source.ts';
import { proxyView } from '../console/proxy-view.ts';
import type { CertificateView, EdgeView } from '../console/wire.ts';
import type { ProxyConfigs } from '../proxies/proxy-configs.ts';
import type { SyncerEvent } from '../syncer.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { TrafficWindow } from '../telemetry/window/traffic-window.ts';
import { ISOLATE_SILENCE_MS } from './daemon-telemetry.ts';

/** What only who starts foresaild knows. */
export interface ConsoleFacts {
  /** Where resources come from. */
  readonly name: string;
  /** Where versions are kept; undefined: nowhere. */
  readonly store: ConfigStore | undefined;
  readonly rollback?: ConsoleSource['rollback'];
}

interface Parts {
  readonly ca: MeshCa;
  readonly ledger: LeafLedger;
  readonly proxies: ProxyConfigs;
  readonly telemetry: Telemetry | undefined;
}

/** The console of foresaild: the live mesh, its proxies, edges and certificates. */
export class DaemonConsole {
  readonly feed: ConsoleFeed;
  #mesh: Mesh | undefined;

  constructor({ name, store, rollback }: ConsoleFacts, { ca, ledger, proxies, telemetry }: Parts) {
    this.feed = new ConsoleFeed({
      name,
      store,
      window: telemetry?.window ?? new TrafficWindow(),
      edges: () => (telemetry === undefined ? [] : edgeViews(telemetry)),
      proxies: () => proxies.statuses.map(proxyView),
      certificates: () => [...issuerViews(ca), ...workloadViews(ledger, ca.now())],
      ...(rollback === undefined ? {} : { rollback }),
    });
  }

  compiled(mesh: Mesh): void {
    this.#mesh = mesh;
  }

  synced(event: SyncerEvent): void {
    if (event.kind === 'failed') this.feed.failed(event.error);
    else if (this.#mesh !== undefined) this.feed.compiled(this.#mesh, event.findings, event.result.version.version);
  }
}

/** One for each place: of its isolates the one that is furthest behind. */
function edgeViews({ reports }: Telemetry): EdgeView[] {
  const byPlace = Map.groupBy(reports.versions(Date.now() - ISOLATE_SILENCE_MS), ({ location }) => location);
  return [...byPlace].map(([name, isolates]) => ({
    name,
    platform: 'worker',
    version: Math.min(...isolates.map(({ version }) => version)),
  }));
}

function issuerViews(ca: MeshCa): CertificateView[] {
  return [...ca.issuers.values()].map(({ id, certificate }) => ({
    use: 'mesh-ca',
    name: id,
    names: [],
    issuer: certificate.x509.issuer.replaceAll('\n', ', '),
    notBeforeMs: certificate.x509.validFromDate.getTime(),
    notAfterMs: certificate.notAfterMs,
  }));
}

/** Of each identity the certificate that ends last: there may be thousands of proxies. */
function workloadViews(ledger: LeafLedger, nowMs: number): CertificateView[] {
  const views = new Map<string, CertificateView>();
  for (const { identity, issuer, notAfterMs } of ledger.outstanding(nowMs)) {
    if ((views.get(identity)?.notAfterMs ?? 0) >= notAfterMs) continue;
    views.set(identity, { use: 'workload', name: identity, names: [identity], issuer, notBeforeMs: 0, notAfterMs });
  }
  return [...views.values()].sort((a, b) => a.notAfterMs - b.notAfterMs);
}
