import type { Headers as HeaderBag } from '../../engine/header-bag.ts';
import type { TracingConfig } from '../../engine/telemetry/config.ts';
import { readTraceContext, type TraceContext, writeTraceContext } from '../../engine/telemetry/trace-context.ts';
import type { TelemetrySettings } from './telemetry-settings.ts';

export interface Stage {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** One request's part of a trace. */
export class RequestTrace {
  readonly traceId: string;
  readonly parentSpanId: string | undefined;
  readonly sampled: boolean;
  readonly spanId = randomHex(8);
  readonly upstreamSpanId = randomHex(8);
  readonly stages: Stage[] = [];
  upstream: { readonly host: string; readonly startMs: number; endMs: number } | undefined = undefined;
  readonly #state: string | undefined;

  constructor(parent: TraceContext | undefined, sampled: boolean) {
    this.traceId = parent?.traceId ?? randomHex(16);
    this.parentSpanId = parent?.spanId;
    this.#state = parent?.state;
    this.sampled = sampled;
  }

  /** Whoever is next belongs under the call, not beside it. */
  write(headers: HeaderBag): void {
    const { traceId, upstreamSpanId, sampled } = this;
    const context = { traceId, spanId: upstreamSpanId, sampled };
    writeTraceContext(headers, this.#state === undefined ? context : { ...context, state: this.#state });
  }

  /** Tries after the first are part of the same call. */
  upstreamStarted(startMs: number, host: string): void {
    this.upstream = { host, startMs: this.upstream?.startMs ?? startMs, endMs: startMs };
  }

  upstreamEnded(endMs: number): void {
    if (this.upstream !== undefined) this.upstream.endMs = endMs;
  }
}

/** Undefined: this request's trace headers are none of the edge's business. */
export function beginTrace(
  config: TracingConfig | undefined,
  headers: Headers,
  traceParent: TelemetrySettings['traceParent'],
  random: () => number,
): RequestTrace | undefined {
  if (config === undefined || config.passOnly === true) return undefined;
  const parent = traceParent === 'ignore' ? undefined : readTraceContext((name) => headers.get(name));
  const decided = traceParent === 'trust' ? parent?.sampled : undefined;
  return new RequestTrace(parent, decided ?? random() * 100 < config.samplingPercent);
}

export function randomHex(bytes: number): string {
  let text = '';
  for (const byte of crypto.getRandomValues(new Uint8Array(bytes))) text += byte.toString(16).padStart(2, '0');
  return text;
}
