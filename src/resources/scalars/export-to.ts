import type { Report } from '../report.ts';
import { isDns1123Label } from './label.ts';

/** Istio's validateExportTo: no duplicates, `*` and `~` alone, otherwise `.` or namespaces. */
export function checkExportTo(
  exportTo: readonly string[] | undefined,
  namespace: string,
  report: Report,
  allows: { none?: boolean } = {},
): void {
  const seen = new Set<string>();
  exportTo?.forEach((entry, index) => {
    const path = ['spec', 'exportTo', index];
    const key = entry === '.' ? namespace : entry;
    if (seen.has(key)) {
      const what = entry === key ? `for entry ${entry}` : `. and current namespace ${namespace}`;
      report.error(path, `duplicate entries in exportTo: ${what}`);
    }
    seen.add(key);
    const isKeyword = entry === '*' || entry === '.' || (entry === '~' && allows.none === true);
    if (!isKeyword && !isDns1123Label(entry)) {
      report.error(
        path,
        `only ".", "*"${allows.none ? ', "~"' : ''} or a namespace name is allowed in exportTo, got "${entry}"`,
      );
    }
  });
  if (seen.has('*') && seen.size > 1) {
    report.error(['spec', 'exportTo'], 'cannot have both public (*) and non-public exportTo values for a resource');
  }
  if (seen.has('~') && seen.size > 1) {
    report.error(['spec', 'exportTo'], 'cannot export to no one (~) and someone');
  }
}
