import { asFields } from '../../resources/metadata.ts';

/** A refusal by the API server; `code` is HTTP's, `reason` Kubernetes'. */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  readonly code: number;
  readonly reason: string;
  readonly retryAfterMs: number | undefined;

  constructor(code: number, reason: string, message: string, retryAfterMs?: number) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }

  /** Of a body that is a `Status`, or of whatever a proxy in between has answered. */
  static of(code: number, body: string, retryAfterMs?: number): KubeError {
    const status = parseStatus(body);
    const message = typeof status.message === 'string' ? status.message : body.slice(0, MAX_BODY_IN_MESSAGE);
    return new KubeError(code, typeof status.reason === 'string' ? status.reason : '', message, retryAfterMs);
  }
}

const MAX_BODY_IN_MESSAGE = 200;

function parseStatus(body: string): Readonly<Record<string, unknown>> {
  try {
    return asFields(JSON.parse(body)) ?? {};
  } catch {
    return {};
  }
}

export function isKubeError(error: unknown, code: number, reason?: string): boolean {
  return error instanceof KubeError && error.code === code && (reason === undefined || error.reason === reason);
}
