import type { CorsConfig, FaultConfig, RetryPolicy } from '../engine/config.ts';
import { GRPC_CODES } from '../resources/scalars/grpc-codes.ts';
import { type StringMatch, toMatcher } from './string-match.ts';

/** Percent values keep six digits; the rest is cut off, as in Envoy's FractionalPercent per million. */
export function partsPerMillion(percent: number): number {
  return Math.trunc(percent * 10_000);
}

interface Percent {
  readonly value?: number | undefined;
}

export interface FaultSpec {
  readonly delay?:
    | {
        readonly fixedDelay?: number | undefined;
        readonly percentage?: Percent | undefined;
        /** Deprecated integer form. */
        readonly percent?: number | undefined;
      }
    | undefined;
  readonly abort?:
    | {
        readonly httpStatus?: number | undefined;
        readonly grpcStatus?: string | undefined;
        readonly percentage?: Percent | undefined;
      }
    | undefined;
}

/** Without a percentage a fault never happens; a delay falls back to the deprecated `percent` (ISTIO.md 1.4). */
export function resolveFault(fault: FaultSpec): FaultConfig {
  const { delay, abort } = fault;
  const grpcStatus = abort?.grpcStatus === undefined ? undefined : GRPC_CODES.get(abort.grpcStatus);
  return {
    ...(delay?.fixedDelay === undefined
      ? {}
      : {
          delay: {
            fixedMs: delay.fixedDelay,
            partsPerMillion: partsPerMillion(
              delay.percentage === undefined ? (delay.percent ?? 0) : (delay.percentage.value ?? 0),
            ),
          },
        }),
    ...(abort === undefined
      ? {}
      : {
          abort: {
            // A gRPC status is only said in gRPC's own form: to everybody else Envoy answers 200.
            status: abort.httpStatus ?? 200,
            ...(grpcStatus === undefined ? {} : { grpcStatus }),
            partsPerMillion: partsPerMillion(abort.percentage?.value ?? 0),
          },
        }),
  };
}

export interface CorsSpec {
  readonly allowOrigin?: readonly string[] | undefined;
  readonly allowOrigins?: readonly StringMatch[] | undefined;
  readonly allowMethods?: readonly string[] | undefined;
  readonly allowHeaders?: readonly string[] | undefined;
  readonly exposeHeaders?: readonly string[] | undefined;
  readonly maxAge?: number | undefined;
  readonly allowCredentials?: boolean | undefined;
  readonly unmatchedPreflights?: 'UNSPECIFIED' | 'FORWARD' | 'IGNORE' | undefined;
}

export function resolveCors(cors: CorsSpec): CorsConfig {
  const origins =
    cors.allowOrigins === undefined
      ? (cors.allowOrigin ?? []).map((exact) => ({ exact }))
      : cors.allowOrigins.map(toMatcher);
  return {
    allowOrigins: origins.map((origin) => ('exact' in origin && origin.exact === '*' ? { present: true } : origin)),
    ...joined('allowMethods', cors.allowMethods),
    ...joined('allowHeaders', cors.allowHeaders),
    ...joined('exposeHeaders', cors.exposeHeaders),
    ...(cors.maxAge === undefined ? {} : { maxAge: String(Math.floor(cors.maxAge / 1000)) }),
    allowCredentials: cors.allowCredentials === true,
    forwardUnmatchedPreflights: cors.unmatchedPreflights !== 'IGNORE',
  };
}

function joined<K extends string>(key: K, values: readonly string[] | undefined): { [P in K]?: string } {
  return values === undefined || values.length === 0 ? {} : ({ [key]: values.join(',') } as { [P in K]?: string });
}

export interface RetrySpec {
  readonly attempts?: number | undefined;
  readonly perTryTimeout?: number | undefined;
  readonly retryOn?: string | undefined;
  readonly backoff?: number | undefined;
}

/** What Istio retries on when nothing is said: only what never reached the application. */
const DEFAULT_RETRY_ON = ['connect-failure', 'refused-stream', 'unavailable', 'cancelled', 'retriable-status-codes'];

/** The route's own policy, else the mesh's, else Istio's two attempts. Undefined: retries are off. */
export function resolveRetries(own: RetrySpec | undefined, mesh: RetrySpec | undefined): RetryPolicy | undefined {
  const policy = own ?? mesh;
  if (policy === undefined) return { attempts: 2, retryOn: DEFAULT_RETRY_ON, statusCodes: [], isDefault: true };
  if (policy.attempts === undefined || policy.attempts <= 0) return undefined;
  const conditions = (policy.retryOn ?? '')
    .split(',')
    .map((condition) => condition.trim())
    .filter((condition) => condition !== '');
  const statusCodes = conditions.filter((condition) => /^\d{3}$/.test(condition)).map(Number);
  const retryOn =
    conditions.length === 0 ? DEFAULT_RETRY_ON : conditions.filter((condition) => !/^\d+$/.test(condition));
  return {
    attempts: policy.attempts,
    ...(policy.perTryTimeout === undefined || policy.perTryTimeout <= 0
      ? {}
      : { perTryTimeoutMs: policy.perTryTimeout }),
    retryOn:
      statusCodes.length > 0 && !retryOn.includes('retriable-status-codes')
        ? [...retryOn, 'retriable-status-codes']
        : retryOn,
    statusCodes,
    ...(policy.backoff === undefined ? {} : { backoffMs: policy.backoff }),
  };
}
