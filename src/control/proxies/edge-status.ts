import type { ReaderProblem, ReaderStatus } from '../../snapshot/reader-status.ts';

/** How one edge stands to what is published. */
export interface EdgeStatus {
  readonly edge: string;
  /** refused: it will not take what is newer; unready: it has nothing to serve. */
  readonly state: 'synced' | 'stale' | 'refused' | 'unready' | 'unreachable';
  readonly version: number | undefined;
  readonly hash: string | undefined;
  /** The newest version that is known to be published; undefined: nobody has said. */
  readonly published: number | undefined;
  readonly lastGoodMs: number | undefined;
  readonly why?: string;
}

/** What an edge has told of itself; text says why it has not. */
export interface EdgeReport {
  readonly edge: string;
  readonly report: ReaderStatus | string;
}

/** Codes of a configuration that an edge saw and would not take; of all others it is only not there yet. */
const REFUSALS: ReadonlySet<ReaderProblem['code']> = new Set([
  'bad-root',
  'unknown-format',
  'unsigned',
  'bad-signature',
  'older-root',
  'altered-piece',
  'bad-piece',
  'bad-key',
  'bug',
]);

export function edgeStatuses(reports: readonly EdgeReport[], published: number | undefined): EdgeStatus[] {
  const known = reports.flatMap(({ report }) =>
    typeof report === 'string' ? [] : [report.version ?? 0, report.announcedVersion ?? 0],
  );
  const newest = published ?? (known.length === 0 ? undefined : Math.max(...known));
  return reports.map(({ edge, report }): EdgeStatus => {
    if (typeof report === 'string') {
      const nothing = { version: undefined, hash: undefined, lastGoodMs: undefined };
      return { edge, state: 'unreachable', ...nothing, published: newest, why: report };
    }
    const { version, hash, lastGoodMs, problem } = report;
    const why = problem === undefined ? {} : { why: problem.message };
    return { edge, state: stateOf(report, newest), version, hash, published: newest, lastGoodMs, ...why };
  });
}

function stateOf({ version, problem }: ReaderStatus, newest: number | undefined): EdgeStatus['state'] {
  if (problem !== undefined && REFUSALS.has(problem.code)) return 'refused';
  if (version === undefined) return 'unready';
  return newest !== undefined && version < newest ? 'stale' : 'synced';
}
