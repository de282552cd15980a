import type { RemoteCluster } from '../../mesh/multicluster/model.ts';
import type { Finding } from '../../resources/finding.ts';
import type { AnyResource } from '../../resources/kinds.ts';
import type { ParseResult, SkippedObject } from '../../resources/parse-object.ts';

/** Where resources come from. What a source once read well it keeps while it cannot be read any better. */
export interface Source {
  /** For messages: `folder ./mesh`. */
  readonly name: string;
  read(): Promise<SourceState>;
  /** Calls back, debounced, when `read` may give something new; returns what ends it. */
  watch(onChange: () => void): () => void;
}

export interface SourceState {
  readonly resources: readonly AnyResource[];
  /** What runs in the other clusters of the mesh. */
  readonly remotes?: readonly RemoteCluster[];
  readonly findings: readonly Finding[];
  /** Objects of kinds that Foresail does not read. */
  readonly skipped: readonly SkippedObject[];
  /** Files that were not read although their name asks for it. */
  readonly unreadFiles: readonly string[];
  /** Changes when anything that was read changed. */
  readonly revision: number;
}

export type ParseFile = (text: string, file: string) => ParseResult;
