import type { Mesh } from '../../mesh/model.ts';
import type { Finding } from '../../resources/finding.ts';
import type { ConfigStore } from '../../store/config-store.ts';
import type { PublishResult } from '../publish.ts';
import type { TrafficWindow } from '../telemetry/window/traffic-window.ts';
import type { CertificateView, EdgeView, ProxyView } from './wire.ts';

/** What the console shows: values that whoever runs the mesh has anyway. Everything is read when it is asked for. */
export interface ConsoleSource {
  /** `folder config/samples/guestbook`. */
  readonly name: string;
  /** Undefined: nothing was compiled yet. */
  readonly current: CompiledMesh | undefined;
  /** Of the last round that failed, until one succeeds. */
  readonly problem: string | undefined;
  readonly edgeUrl?: string | undefined;
  readonly window: TrafficWindow;
  /** Where versions are kept; undefined: nothing is published from here. */
  readonly store: ConfigStore | undefined;
  edges(): readonly EdgeView[];
  proxies?(): readonly ProxyView[];
  /** Where the edge enters the cluster; undefined: not known. */
  gateway?(): string | undefined;
  /** Of the mesh CA and the workloads; those of gateways are in their Secrets. */
  certificates?(): readonly CertificateView[];
  /** Resolves when edges serve it, as far as that is known. */
  rollback?(version: number): Promise<PublishResult>;
  /** Called after every round and rollback; returns what ends it. */
  follow(listener: () => void): () => void;
}

export interface CompiledMesh {
  readonly mesh: Mesh;
  readonly findings: readonly Finding[];
  /** Grows with every compilation. */
  readonly revision: number;
  /** That it was published as. */
  readonly version: number;
}
