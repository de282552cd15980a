import { parseYaml } from '../../resources/parse.ts';
import type { AnalysisFinding } from '../analysis-finding.ts';
import { rewriteField } from './rewrite-field.ts';

export interface FixedFile {
  readonly file: string;
  readonly text: string;
  /** What was put right. */
  readonly findings: readonly AnalysisFinding[];
}

/**
 * Puts right what has only one right answer: old names of settings that mean the same. Edits the text and nothing
 * else, so that comments and order stay; an edit that does not make its finding go away, or makes another, is undone.
 */
export function quickFix(findings: readonly AnalysisFinding[], texts: ReadonlyMap<string, string>): FixedFile[] {
  const byFile = Map.groupBy(findings, ({ place }) => place.file ?? '');
  return [...byFile].flatMap(([file, own]) => {
    const text = texts.get(file);
    if (text === undefined) return [];
    // From the end, so that lines above stay where they are.
    const upwards = own.toSorted((a, b) => (b.place.line ?? 0) - (a.place.line ?? 0));
    let fixed = text;
    const done: AnalysisFinding[] = [];
    for (const finding of upwards) {
      const { path = '', line = 0, column = 0 } = finding.place;
      const edited = rewriteField(fixed, { path, line, column });
      if (edited === undefined || countProblems(edited, file) >= countProblems(fixed, file)) continue;
      fixed = edited;
      done.push(finding);
    }
    return done.length === 0 ? [] : [{ file, text: fixed, findings: done.reverse() }];
  });
}

function countProblems(text: string, file: string): number {
  return parseYaml(text, { file }).findings.length;
}
