import { stringify } from 'yaml';
import type { AnalysisFinding } from '../analysis-finding.ts';
import { githubAnnotation } from './github.ts';
import { toRecord } from './records.ts';
import { sarifLog } from './sarif.ts';

export const FORMATS = ['log', 'json', 'yaml', 'github', 'sarif'] as const;

export type Format = (typeof FORMATS)[number];

/** All findings in one format, each line ended. `formatLog` is the terminal's business. */
export function render(
  findings: readonly AnalysisFinding[],
  format: Format,
  { version, formatLog }: { readonly version: string; readonly formatLog: (finding: AnalysisFinding) => string },
): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(findings.map(toRecord), null, '\t')}\n`;
    case 'yaml':
      return stringify(findings.map(toRecord), { lineWidth: 0 });
    case 'sarif':
      return `${JSON.stringify(sarifLog(findings, version), null, 2)}\n`;
    case 'github':
      return findings.map((finding) => `${githubAnnotation(finding)}\n`).join('');
    case 'log':
      return findings.map((finding) => `${formatLog(finding)}\n`).join('');
  }
}
