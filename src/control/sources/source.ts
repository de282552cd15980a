import type { Finding } from '../../resources/finding.ts';
import type { Resource } from '../../resources/resource.ts';

/** Where resources come from. What a source once read well it keeps while it cannot be read any better. */
export interface Source {
  /** For messages: `folder ./mesh`. */
  readonly name: string;
  read(): Promise<SourceState>;
  /** Calls back, debounced, when `read` may give something new; returns what ends it. */
  watch(onChange: () => void): () => void;
}

export interface SourceState {
  readonly resources: readonly Resource[];
  readonly findings: readonly Finding[];
  /** Files that were not read although their name asks for it. */
  readonly skipped: readonly string[];
  /** Changes when anything that was read changed. */
  readonly revision: number;
}

/** What the parser makes of one file. */
export interface ParsedFile {
  readonly resources: readonly Resource[];
  readonly findings: readonly Finding[];
}

export type ParseFile = (text: string, file: string) => ParsedFile;
