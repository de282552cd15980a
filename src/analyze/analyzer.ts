import type { AnalysisFinding } from './analysis-finding.ts';
import type { AnalysisContext } from './context.ts';

/** One check. Pure: it sees the resources and the mesh, and gives findings. */
export interface Analyzer {
  /** istioctl's name, for `--analyzer` and `--list-analyzers`. */
  readonly name: string;
  readonly description: string;
  readonly analyze: (context: AnalysisContext) => readonly AnalysisFinding[];
}
