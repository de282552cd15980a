import type { FindingLevel } from '../../resources/finding.ts';
import type { AnalysisFinding } from '../analysis-finding.ts';

const COMMANDS: Readonly<Record<FindingLevel, string>> = { Error: 'error', Warning: 'warning', Info: 'notice' };

/** A workflow command, which GitHub shows at the line itself in a pull request. */
export function githubAnnotation({ code, name, level, message, fix, place }: AnalysisFinding): string {
  const properties = Object.entries({
    file: place.file,
    line: place.line,
    col: place.column,
    title: `${code} ${name}`,
  }).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${escapeProperty(String(value))}`]));
  const text = fix === undefined ? message : `${message}\n${fix}`;
  return `::${COMMANDS[level]} ${properties.join(',')}::${escapeData(text)}`;
}

/** Of @actions/core: what would end the command or the line. */
function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
