import * as z from 'zod';
import { didYouMean } from './did-you-mean.ts';
import { MAX_FINDINGS_PER_OBJECT } from './limits.ts';
import type { Report } from './report.ts';
import { type FieldPath, formatPath } from './resource.ts';
import { schemaAt } from './schema-at.ts';

/** Tells the user about every structural mistake in the words of the field, not of the schema library. */
export function reportIssues(
  schema: z.ZodType,
  value: unknown,
  issues: readonly z.core.$ZodIssue[],
  report: Report,
): void {
  for (const issue of issues) {
    if (report.isFull) return;
    reportIssue(schema, value, issue, [], report);
  }
}

function reportIssue(
  schema: z.ZodType,
  value: unknown,
  issue: z.core.$ZodIssue,
  base: FieldPath,
  report: Report,
): void {
  const path = [...base, ...(issue.path as FieldPath)];
  if (issue.code === 'unrecognized_keys') {
    const known = knownFields(schemaAt(schema, path));
    for (const key of issue.keys.slice(0, MAX_FINDINGS_PER_OBJECT))
      report.error([...path, key], unknownField(key, path, known));
    return;
  }
  if (issue.code === 'invalid_union') {
    const branch = nearestBranch(issue.errors);
    if (branch) for (const inner of branch) reportIssue(schema, value, inner, path, report);
    else report.error(path, `${fieldName(path)}: ${describeGiven(valueAt(value, path))} is not allowed here`);
    return;
  }
  report.error(path, `${fieldName(path)}: ${describeIssue(issue, valueAt(value, path))}`);
}

function fieldName(path: FieldPath): string {
  return path.length === 0 ? 'the object' : formatPath(path);
}

function unknownField(key: string, path: FieldPath, known: readonly string[]): string {
  const where = path.length === 0 ? '' : ` in ${formatPath(path)}`;
  const nearest = didYouMean(key, known);
  const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`;
  return `unknown field "${key}"${where}${hint}`;
}

function knownFields(schema: z.core.$ZodType | undefined): readonly string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape as object) : [];
}

function describeIssue(issue: z.core.$ZodIssue, given: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      if (given === undefined) return 'this field is required';
      return `expected ${expectedType(issue.expected)}, got ${describeGiven(given)}${quoteHint(issue.expected, given)}`;
    case 'invalid_value': {
      if (given === undefined) return 'this field is required';
      const values = issue.values.map(String);
      const nearest = typeof given === 'string' ? didYouMean(given, values) : undefined;
      const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
      return `expected one of ${values.join(', ')}, got ${describeGiven(given)}${hint}`;
    }
    case 'too_big':
      return `must be ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${unitOf(issue.origin)}, got ${sizeOf(given)}`;
    case 'too_small':
      return `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${unitOf(issue.origin)}, got ${sizeOf(given)}`;
    case 'invalid_key':
    case 'invalid_element':
      return issue.issues.map((inner) => inner.message).join('; ');
    default:
      return issue.message;
  }
}

function expectedType(expected: string): string {
  if (expected === 'record' || expected === 'object') return 'a mapping';
  if (expected === 'array') return 'a list';
  if (expected === 'int') return 'a whole number';
  if (expected === 'boolean') return 'true or false';
  return `a ${expected}`;
}

/** YAML turns `8080`, `1.20` and `yes` into no strings; the remedy is the same for all. */
export function quoteHint(expected: string, given: unknown): string {
  if (expected !== 'string') return '';
  if (typeof given === 'boolean') return '; quote it (unquoted true, false, yes, no, on, off, y and n are booleans)';
  return typeof given === 'number' ? '; quote it' : '';
}

export function describeGiven(given: unknown): string {
  if (given === null) return 'null';
  if (Array.isArray(given)) return 'a list';
  if (typeof given === 'object') return 'a mapping';
  if (typeof given === 'string')
    return given.length > 80 ? `${JSON.stringify(given.slice(0, 80))}…` : JSON.stringify(given);
  return `the ${typeof given} ${String(given)}`;
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' ? ' items' : origin === 'record' ? ' entries' : '';
}

function sizeOf(given: unknown): string {
  if (typeof given === 'string' || Array.isArray(given)) return String(given.length);
  return typeof given === 'object' && given !== null ? String(Object.keys(given).length) : String(given);
}

/** Of a union's branches, the one that the user got furthest with: no type mismatch at the root itself. */
function nearestBranch(branches: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | undefined {
  const entered = branches.filter((issues) =>
    issues.every((issue) => issue.path.length > 0 || issue.code === 'custom'),
  );
  return entered.sort((a, b) => a.length - b.length)[0];
}

function valueAt(value: unknown, path: FieldPath): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = Object.hasOwn(current, part) ? (current as Record<string | number, unknown>)[part] : undefined;
  }
  return current;
}
