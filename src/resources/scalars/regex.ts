import { RE2JS } from 're2js';
import { MAX_REGEX_LENGTH } from '../limits.ts';

const MAX_CACHED = 4096;
const problems = new Map<string, string | undefined>();

/** Why RE2 refuses a pattern, or undefined where it takes it. */
export function regexProblem(pattern: string): string | undefined {
  if (pattern.length > MAX_REGEX_LENGTH) {
    return `the regular expression has ${pattern.length} characters; at most ${MAX_REGEX_LENGTH} are allowed`;
  }
  if (problems.has(pattern)) return problems.get(pattern);
  let problem: string | undefined;
  try {
    RE2JS.compile(pattern);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    problem = `not a valid RE2 regular expression: ${reason}${perlHint(pattern)}`;
  }
  if (problems.size >= MAX_CACHED) problems.clear();
  problems.set(pattern, problem);
  return problem;
}

/** The commonest surprise: patterns that work in JavaScript, Perl or nginx. */
function perlHint(pattern: string): string {
  if (/\(\?(?:[=!]|<[=!])/.test(pattern)) return '; RE2 has no look-ahead or look-behind';
  return /\\[1-9]/.test(pattern) ? '; RE2 has no back-references' : '';
}
