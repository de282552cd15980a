/** Why the CA does not do what it is asked to; the service turns the reason into a gRPC code. */
export type CaErrorReason = 'bad-request' | 'not-ready' | 'bad-material' | 'bad-state';

export class CaError extends Error {
  override readonly name = 'CaError';
  readonly reason: CaErrorReason;
  readonly fix: string | undefined;

  constructor(reason: CaErrorReason, message: string, { fix, cause }: { fix?: string; cause?: unknown } = {}) {
    super(message, { cause });
    this.reason = reason;
    this.fix = fix;
  }
}
