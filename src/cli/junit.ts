import type { CaseResult } from '../control/simulate/run-case-file.ts';

export interface CaseSuite {
  readonly file: string;
  readonly results: readonly CaseResult[];
}

/** The report that CI systems read: a suite for each file. */
export function junitXml(suites: readonly CaseSuite[]): string {
  const all = suites.flatMap(({ results }) => results);
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>', `<testsuites name="foresail" ${totals(all)}>`];
  for (const { file, results } of suites) {
    lines.push(`  <testsuite name="${escaped(file)}" ${totals(results)}>`);
    for (const { name, problems, tookMs } of results) {
      const open = `    <testcase classname="${escaped(file)}" name="${escaped(name)}" time="${seconds(tookMs)}"`;
      if (problems.length === 0) lines.push(`${open}/>`);
      else {
        const message = escaped(problems[0] ?? '');
        lines.push(
          `${open}>`,
          `      <failure message="${message}">${escaped(problems.join('\n'))}</failure>`,
          '    </testcase>',
        );
      }
    }
    lines.push('  </testsuite>');
  }
  return [...lines, '</testsuites>', ''].join('\n');
}

function totals(results: readonly CaseResult[]): string {
  const failures = results.filter(({ problems }) => problems.length > 0).length;
  const time = seconds(results.reduce((sum, { tookMs }) => sum + tookMs, 0));
  return `tests="${results.length}" failures="${failures}" errors="0" time="${time}"`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(6);
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Characters that XML 1.0 has no form for are left out. */
function escaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to be removed.
  return text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f￾￿]/g, '').replace(/[&<>"]/g, (char) => ENTITIES[char] ?? char);
}
