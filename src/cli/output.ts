import { styleText } from 'node:util';
import type { Finding, FindingLevel } from '../resources/finding.ts';
import { describeOrigin, formatLocation } from '../resources/origin.ts';
import { explainError } from './cli-error.ts';

type Style = Parameters<typeof styleText>[0];

/** Where text goes, and whether it may have colours. */
export interface Terminal {
  write(text: string): void;
  readonly hasColors: boolean;
}

export const stdout = terminalOn(process.stdout);
export const stderr = terminalOn(process.stderr);

const LEVEL_STYLES: Readonly<Record<FindingLevel, Style>> = { Error: 'red', Warning: 'yellow', Info: 'cyan' };
const LEVELS: readonly FindingLevel[] = ['Error', 'Warning', 'Info'];

export function printLine(terminal: Terminal, text: string): void {
  terminal.write(`${text}\n`);
}

export function paint(terminal: Terminal, style: Style, text: string): string {
  return terminal.hasColors ? styleText(style, text, { validateStream: false }) : text;
}

/** `Error [IST0101] (VirtualService default/shop mesh.yaml:12) text`, as istioctl analyze prints it, and how to fix it. */
export function formatFinding(finding: Finding, terminal: Terminal): string {
  const { code, level, message, fix, origin } = finding;
  const location = origin.file === undefined ? '' : ` ${formatLocation(withoutColumn(origin))}`;
  const subject =
    origin.name === '' || origin.kind === 'File' ? location.trimStart() : describeOrigin(origin) + location;
  const head = `${paint(terminal, LEVEL_STYLES[level], level)} [${code}] (${subject}) ${message}`;
  return printable(fix === undefined ? head : `${head}\n  ${paint(terminal, 'dim', `fix: ${fix}`)}`);
}

/** Worst first; within a level in the order given. */
export function printFindings(findings: readonly Finding[], terminal: Terminal): void {
  for (const level of LEVELS) {
    for (const finding of findings) if (finding.level === level) printLine(terminal, formatFinding(finding, terminal));
  }
}

/** `2 errors, 1 warning`; empty when there is nothing to count. */
export function countFindings(findings: readonly Finding[]): string {
  const counts = LEVELS.map((level) => [level, findings.filter((finding) => finding.level === level).length] as const);
  return counts
    .filter(([, count]) => count > 0)
    .map(([level, count]) => (level === 'Info' ? `${count} info` : plural(count, level.toLowerCase())))
    .join(', ');
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Columns as kubectl prints them. */
export function printTable(rows: readonly (readonly string[])[], terminal: Terminal): void {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  for (const row of rows) {
    const cells = row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd((widths[i] ?? 0) + 3)));
    printLine(terminal, printable(cells.join('').trimEnd()));
  }
}

export function printJson(value: unknown, terminal: Terminal): void {
  printLine(terminal, JSON.stringify(value));
}

export function printError(error: unknown): void {
  const [what = '', ...rest] = explainError(error);
  const lines = [`${paint(stderr, 'red', 'error:')} ${what}`, ...rest];
  printLine(stderr, printable(lines.join('\n')));
  // A mistake of ours, not of the user's: only the stack helps.
  const isBug = error instanceof Error && (error.name === 'TypeError' || error.name === 'RangeError');
  if ((isBug || process.env.FORESAIL_DEBUG) && error instanceof Error) printLine(stderr, String(error.stack));
}

function terminalOn(stream: NodeJS.WriteStream): Terminal {
  return {
    write: (text) => {
      stream.write(text);
    },
    get hasColors() {
      return (process.env.NO_COLOR ?? '') === '' && stream.isTTY && stream.hasColors();
    },
  };
}

function withoutColumn(origin: Finding['origin']): Finding['origin'] {
  const { column: _, ...rest } = origin;
  return rest;
}

/** YAML can hold anything; what it holds must not drive the terminal. Our own colours stay. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to be removed.
  return text.replaceAll(/\x1b(?!\[\d+m)|[\0-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]/g, '�');
}
