import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Finding } from '../../../resources/finding.ts';
import type { SyncerEvent } from '../../syncer.ts';

/** What a control plane knows of itself when it is asked; what it does not know is left out. */
export interface ControlPlaneFacts {
  /** Versions that isolates of edges serve, by location. */
  edgeVersions?(): readonly { readonly location: string; readonly version: number }[];
  /** Proxies by type (`sidecar`, `router`) and by how they stand to what they should have. */
  proxies?(): readonly { readonly type: string; readonly state: string }[];
  /** When certificates end, by what they are. */
  certificates?(): Promise<readonly { readonly name: string; readonly kind: string; readonly notAfterMs: number }[]>;
}

const PUSH_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** The control plane's figures about itself, Istio's names where it has them. */
export class ControlPlaneMetrics {
  readonly registry = new Registry();
  readonly #pushTime: Histogram;
  readonly #pushes: Counter;
  readonly #writes: Counter;
  readonly #version: Gauge;
  readonly #findings: Gauge;

  constructor(facts: ControlPlaneFacts) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.#pushTime = new Histogram({
      name: 'foresail_push_seconds',
      help: 'From a change that was noticed to the published root',
      buckets: PUSH_SECONDS,
      registers,
    });
    this.#pushes = new Counter({
      name: 'foresail_pushes_total',
      help: 'Rounds from the source to the store',
      labelNames: ['result'],
      registers,
    });
    this.#writes = new Counter({
      name: 'foresail_store_writes_total',
      help: 'Keys written to the store that edges read',
      labelNames: ['kind'],
      registers,
    });
    this.#version = new Gauge({ name: 'foresail_version', help: 'Version that is published', registers });
    this.#findings = new Gauge({
      name: 'foresail_findings',
      help: 'Findings about resources',
      labelNames: ['level'],
      registers,
    });
    addEdgeVersions(facts, registers);
    addProxies(facts, registers);
    addCertificates(facts, registers);
  }

  synced(event: SyncerEvent): void {
    if (event.kind === 'failed') {
      this.#pushes.inc({ result: 'failed' });
      return;
    }
    const { result, tookMs, findings } = event;
    this.#pushes.inc({ result: result.kind });
    this.#version.set(result.version.version);
    this.#count(findings);
    if (result.kind !== 'published') return;
    this.#pushTime.observe(tookMs / 1000);
    for (const key of result.writtenKeys) this.#writes.inc({ kind: key.includes('/') ? 'piece' : 'root' });
  }

  #count(findings: readonly Finding[]): void {
    for (const level of ['Error', 'Warning', 'Info'] as const) {
      this.#findings.set({ level }, findings.filter((finding) => finding.level === level).length);
    }
  }
}

function addEdgeVersions({ edgeVersions }: ControlPlaneFacts, registers: Registry[]): void {
  if (edgeVersions === undefined) return;
  new Gauge({
    name: 'foresail_edge_isolates',
    help: 'Isolates of edges that have reported of late, by the version that they serve',
    labelNames: ['location', 'version'],
    registers,
    collect() {
      this.reset();
      for (const { location, version } of edgeVersions()) this.inc({ location, version: String(version) });
    },
  });
}

function addProxies({ proxies }: ControlPlaneFacts, registers: Registry[]): void {
  if (proxies === undefined) return;
  new Gauge({
    name: 'pilot_xds',
    help: 'Proxies that are connected, by how they stand to their configuration',
    labelNames: ['type', 'state'],
    registers,
    collect() {
      this.reset();
      for (const { type, state } of proxies()) this.inc({ type, state });
    },
  });
}

function addCertificates({ certificates }: ControlPlaneFacts, registers: Registry[]): void {
  if (certificates === undefined) return;
  new Gauge({
    name: 'foresail_certificate_expiry_seconds',
    help: 'Time until a certificate of the mesh ends',
    labelNames: ['name', 'kind'],
    registers,
    async collect() {
      this.reset();
      for (const { name, kind, notAfterMs } of await certificates()) {
        this.set({ name, kind }, (notAfterMs - Date.now()) / 1000);
      }
    },
  });
}
