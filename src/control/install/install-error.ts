/** What was asked for cannot be installed; three parts for people. */
export class InstallError extends Error {
  override readonly name = 'InstallError';
  readonly why: string | undefined;
  readonly fix: string | undefined;

  constructor(what: string, parts: { why?: string; fix?: string; cause?: unknown } = {}) {
    super(what, { cause: parts.cause });
    this.why = parts.why;
    this.fix = parts.fix;
  }
}
