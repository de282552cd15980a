import { StoreError, type StoreErrorCode } from './config-store.ts';
import { DEFAULT_RETRY, parseRetryAfterMs, type RetryPolicy, retryDelayMs } from './retry.ts';

export interface CloudflareClientOptions {
  /** For messages: `Workers KV namespace 0f2…`. */
  readonly name: string;
  /** What paths are below: `https://api.cloudflare.com/client/v4/accounts/<id>`. */
  readonly base: string;
  readonly apiToken?: string | undefined;
  readonly timeoutMs?: number | undefined;
  readonly retry?: Partial<RetryPolicy> | undefined;
}

export interface CloudflareRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Below the base: `bulk`, `values/<key>`, `keys?prefix=`. */
  readonly path: string;
  /** Sent as JSON, or as the form that it is. */
  readonly body?: unknown;
  /** For messages. */
  readonly verb: string;
}

interface Answer {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  readonly text: string;
}

interface Failure {
  readonly code: StoreErrorCode;
  readonly why: string;
  readonly isTransient: boolean;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/** Cloudflare's REST API over plain fetch. Every operation used here may be repeated without harm. */
export class CloudflareClient {
  readonly name: string;
  readonly #base: string;
  readonly #options: CloudflareClientOptions;
  readonly #retry: RetryPolicy;

  constructor(options: CloudflareClientOptions) {
    const { name, base, apiToken, retry } = options;
    this.name = name;
    // fetch would refuse it too, and print it.
    if (apiToken !== undefined && !/^[\x21-\x7e]+$/.test(apiToken)) {
      const parts = { store: this.name, why: 'it holds characters that no token has', fix: FIXES.unauthorized };
      throw new StoreError('unauthorized', 'the API token is malformed', parts);
    }
    this.#base = base.replace(/\/+$/, '');
    this.#options = options;
    this.#retry = { ...DEFAULT_RETRY, ...retry };
  }

  /** Text of the first answer that succeeds; undefined for a 404 where `isMissingOk`. */
  async text(request: CloudflareRequest, isMissingOk = false): Promise<string | undefined> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#attempt(request);
      if ('status' in outcome) {
        if (outcome.status >= 200 && outcome.status < 300) return outcome.text;
        if (outcome.status === 404 && isMissingOk) return undefined;
      }
      const failure = 'status' in outcome ? toFailure(outcome) : outcome;
      if (!failure.isTransient || attempt >= this.#retry.maxAttempts) throw this.#error(request, failure, attempt);
      await this.#retry.sleep(retryDelayMs(attempt, failure.retryAfterMs, this.#retry));
    }
  }

  /** Cloudflare's envelope around a `result`. */
  async envelope(request: CloudflareRequest): Promise<unknown> {
    const text = (await this.text(request)) ?? '';
    let envelope: { success?: unknown } | null;
    try {
      envelope = JSON.parse(text) as { success?: unknown } | null;
    } catch (cause) {
      throw this.#error(request, { code: 'unavailable', why: 'the answer is not JSON', isTransient: false, cause }, 1);
    }
    if (envelope?.success !== true) {
      throw this.#error(request, { code: 'rejected', why: 'the answer says success: false', isTransient: false }, 1);
    }
    return envelope;
  }

  async #attempt({ method, path, body }: CloudflareRequest): Promise<Answer | Failure> {
    const { apiToken, timeoutMs = DEFAULT_TIMEOUT_MS } = this.#options;
    try {
      const response = await fetch(`${this.#base}/${path}`, {
        method,
        headers: {
          ...(apiToken === undefined ? {} : { authorization: `Bearer ${apiToken}` }),
          ...(body === undefined || body instanceof FormData ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: body instanceof FormData ? body : JSON.stringify(body) }),
        // A redirect would carry the token to another host.
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      const retryAfterMs = parseRetryAfterMs(response.headers.get('retry-after'), Date.now());
      return { status: response.status, retryAfterMs, text: await response.text() };
    } catch (cause) {
      return { code: 'unavailable', why: networkReason(cause, timeoutMs), isTransient: true, cause };
    }
  }

  #error({ verb }: CloudflareRequest, { code, why, cause }: Failure, attempts: number): StoreError {
    const tries = attempts > 1 ? ` after ${attempts} attempts` : '';
    const fix = FIXES[code];
    return new StoreError(code, `cannot ${verb} ${this.name}${tries}`, { store: this.name, why, fix, cause });
  }
}

const FIXES: Readonly<Record<StoreErrorCode, string>> = {
  unavailable: 'Check the network and --api-base; the edge goes on with what it has.',
  unauthorized: 'Set CLOUDFLARE_API_TOKEN to a token with the permission "Workers KV Storage: Edit" for this account.',
  'not-found': 'Check --account and --namespace-id (`wrangler kv namespace list` shows the ids).',
  rejected: 'Check --api-base; if it is right, this is a bug in Foresail.',
  'rate-limited':
    'Publish less often, or wait: Cloudflare allows 1,200 requests in 5 minutes and one write a second to a key.',
};

function toFailure({ status, retryAfterMs, text }: Answer): Failure {
  const why = `HTTP ${status}${describeBody(text)}`;
  if (status === 429) return { code: 'rate-limited', why, isTransient: true, retryAfterMs };
  if (status >= 500 || status === 408) return { code: 'unavailable', why, isTransient: true, retryAfterMs };
  if (status === 401 || status === 403) return { code: 'unauthorized', why, isTransient: false };
  return { code: status === 404 ? 'not-found' : 'rejected', why, isTransient: false };
}

/** `: 10001 message` out of Cloudflare's envelope; of an answer of another kind its beginning. */
function describeBody(text: string): string {
  try {
    const { errors } = JSON.parse(text) as { errors?: { code?: number; message?: string }[] };
    const described = errors?.map((error) => `${error.code ?? ''} ${error.message ?? ''}`.trim()).join('; ') ?? '';
    return described === '' ? '' : `: ${described}`;
  } catch {
    return text === '' ? '' : `: ${text.slice(0, 200).replaceAll(/\s+/g, ' ')}`;
  }
}

function networkReason(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`;
  const cause = error.cause as { code?: string; message?: string } | undefined;
  return cause?.message || cause?.code || error.message;
}
