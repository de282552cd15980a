import { readFile } from 'node:fs/promises';
import { parse, YAMLParseError } from 'yaml';
import * as z from 'zod';
import { type CaseFile, caseFile } from '../control/simulate/cases.ts';
import { BadInput } from './bad-input.ts';

/** Reads a file of cases; what does not have their form is said with its place. */
export async function readCases(file: string): Promise<CaseFile> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new BadInput(`the cases ${file} cannot be read`, {
      why: cause instanceof Error ? cause.message : String(cause),
      fix: 'Name a file of YAML; `foresail test --help` shows its form.',
      cause,
    });
  });
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    const line = cause instanceof YAMLParseError ? cause.linePos?.[0].line : undefined;
    throw new BadInput(`${file}${line === undefined ? '' : `:${line}`} is not YAML`, {
      why: cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause),
      cause,
    });
  }
  const result = caseFile.safeParse(value);
  if (result.success) return result.data;
  throw new BadInput(`${file} does not have the form of cases`, {
    why: z.prettifyError(result.error),
    fix: '`foresail test --help` shows the form.',
  });
}
