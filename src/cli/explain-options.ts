import type { Explanation } from '../control/explain/node.ts';
import type { Finding } from '../resources/finding.ts';
import type { MeshSourceOptions } from './load-mesh.ts';
import type { RequestOptions } from './request-options.ts';
import type { OutputFormat } from './structured-output.ts';

export interface ExplainOptions extends MeshSourceOptions, RequestOptions {
  readonly all?: boolean;
  /** True: the edge is where the URL points. */
  readonly live?: string | true;
  readonly debugKey?: string;
  readonly mesh: string;
  readonly log?: string;
  readonly id?: string;
  readonly by?: string;
  readonly output: OutputFormat;
}

/** An explanation, and what is to be said beside it. */
export interface Told {
  readonly explanation: Explanation;
  /** For programs. */
  readonly more: Readonly<Record<string, unknown>>;
  /** For people: what was guessed, and by which configuration it is. */
  readonly notes: readonly string[];
  readonly findings: readonly Finding[];
}
