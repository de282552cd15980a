import { Option } from 'commander';
import { printJson, printLine, type Terminal } from './output.ts';

export type OutputFormat = 'text' | 'json' | 'yaml';

export function outputOption(): Option {
  return new Option('-o, --output <format>', 'what to print').choices(['text', 'json', 'yaml']).default('text');
}

/** For programs. The YAML writer is loaded only when it is asked for. */
export async function printStructured(value: unknown, format: 'json' | 'yaml', terminal: Terminal): Promise<void> {
  if (format === 'json') return printJson(value, terminal);
  const { stringify } = await import('yaml');
  printLine(terminal, stringify(JSON.parse(JSON.stringify(value))).trimEnd());
}
