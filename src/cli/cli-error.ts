/** 0 is success, 1 means that what was checked has errors, 2 that the command could not do its work. */
export const EXIT_FINDINGS = 1;
/** 128 and the number of SIGINT, as shells count. */
export const EXIT_INTERRUPTED = 130;
export const EXIT_FAILURE = 2;

/** A failure in three parts, for people: what happened, why, how to fix it. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly why: string | undefined;
  readonly fix: string | undefined;

  constructor(what: string, parts: { why?: string; fix?: string; cause?: unknown } = {}) {
    super(what, { cause: parts.cause });
    this.why = parts.why;
    this.fix = parts.fix;
  }
}

/** Errors of other rooms carry the same three parts under the same names. */
export function explainError(error: unknown): string[] {
  const { message, why, fix } = error as { message?: unknown; why?: unknown; fix?: unknown };
  const lines = [typeof message === 'string' ? message : String(error)];
  if (typeof why === 'string') lines.push(`  why: ${why}`);
  if (typeof fix === 'string') lines.push(`  fix: ${fix}`);
  return lines;
}
