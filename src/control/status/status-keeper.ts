import type { Log } from '../../ca/log.ts';
import type { Mesh } from '../../mesh/model.ts';
import type { Finding } from '../../resources/finding.ts';
import type { KubeClient } from '../kubernetes/kube-client.ts';
import type { SyncerEvent } from '../syncer.ts';
import { computeStatuses, type RefusedObject } from './compute-statuses.ts';
import { idOf, type StatusTarget } from './desired-status.ts';
import { EdgeReports, type EdgeReportsOptions } from './edge-reports.ts';
import type { Progress } from './istio-status.ts';
import { RefusalEvents } from './refusal-events.ts';
import { StatusWriter, type StatusWriterOptions } from './status-writer.ts';

export interface StatusKeeperOptions extends Pick<StatusWriterOptions, 'writesPerSecond' | 'burst'> {
  readonly client: KubeClient;
  readonly instance: string;
  readonly gatewayClasses: readonly string[];
  readonly edges?: Pick<EdgeReportsOptions, 'edges' | 'token' | 'intervalMs'>;
  refused(): readonly RefusedObject[];
  isLeader(): boolean;
  readonly log: Log;
}

interface ProgrammedIn {
  readonly generation: number;
  readonly version: number;
}

/** Tells users in the status of their objects what has become of them. A change of status compiles nothing. */
export class StatusKeeper {
  readonly #options: StatusKeeperOptions;
  readonly #writer: StatusWriter;
  readonly #events: RefusalEvents;
  readonly #edges: EdgeReports;
  /** The snapshot in which a generation of an object was first. */
  #programmed: ReadonlyMap<string, ProgrammedIn> = new Map();
  #compiled: { readonly mesh: Mesh; readonly findings: readonly Finding[] } | undefined;
  #published: { readonly mesh: Mesh; readonly version: number } | undefined;

  constructor(options: StatusKeeperOptions) {
    this.#options = options;
    this.#writer = new StatusWriter(options);
    this.#events = new RefusalEvents(options);
    const { edges = { edges: [], token: '' }, log } = options;
    this.#edges = new EdgeReports({ ...edges, log, onChange: () => this.#tell() });
  }

  start(): void {
    this.#edges.start();
  }

  stop(): void {
    this.#edges.stop();
    this.#writer.stop();
  }

  /** We lead now. */
  takeOver(): void {
    this.#writer.takeOver();
    this.#tell();
  }

  compiled(mesh: Mesh, findings: readonly Finding[]): void {
    this.#compiled = { mesh, findings };
  }

  synced(event: SyncerEvent): void {
    // What another replica has published was made of what that one has seen.
    if (event.kind === 'synced' && event.result.kind !== 'standby' && this.#compiled !== undefined) {
      this.#published = { mesh: this.#compiled.mesh, version: event.result.version.version };
    }
    this.#tell();
  }

  #tell(): void {
    if (this.#compiled === undefined || !this.#options.isLeader()) return;
    const { mesh, findings } = this.#compiled;
    const { refused, gatewayClasses } = this.#options;
    const refusedNow = refused();
    const programmed = new Map<string, ProgrammedIn>();
    const progressOf = (target: StatusTarget): Progress => {
      const programmedIn = this.#programmedIn(target, mesh);
      if (programmedIn !== undefined)
        programmed.set(idOf(target), { generation: target.generation, version: programmedIn });
      const { servedVersion, servingEdges } = this.#edges;
      return { programmedIn, servedVersion, servingEdges };
    };
    this.#writer.set(computeStatuses({ mesh, findings, refused: refusedNow, gatewayClasses, progressOf }));
    this.#programmed = programmed;
    void this.#events.tell(refusedNow);
  }

  /** What was compiled but could not be published yet is in no snapshot. */
  #programmedIn(target: StatusTarget, mesh: Mesh): number | undefined {
    const known = this.#programmed.get(idOf(target));
    if (known?.generation === target.generation) return known.version;
    return this.#published?.mesh === mesh ? this.#published.version : undefined;
  }
}
