import type { ServingConfig } from '../../engine/serving.ts';
import { delay } from '../local-reply.ts';
import type { Bindings, RequestContext, Transport } from '../runtime.ts';
import { writeAccessLogs } from './access-logs.ts';
import { type AnalyticsBinding, analyticsBinding, writeAnalytics } from './analytics.ts';
import { BoundedQueue } from './bounded-queue.ts';
import { Exchange, type ExchangeListener, type PlatformFacts } from './exchange.ts';
import { type LogRecord, logsJson } from './otlp/logs.ts';
import { type MetricsBatch, metricsJson } from './otlp/metrics.ts';
import { OtlpSender } from './otlp/sender.ts';
import { type Span, spansOf, tracesJson } from './otlp/traces.ts';
import type { Sender } from './otlp/values.ts';
import { NO_SCOPE, type PreparedScope, scopeFor } from './prepared-scope.ts';
import { RequestMetrics } from './request-metrics.ts';
import { beginTrace, randomHex } from './request-trace.ts';
import type { OtlpSettings, TelemetrySettings } from './telemetry-settings.ts';

/** Between two pushes; beyond it what comes is counted as dropped. */
const MAX_LOGS = 1_000;
const MAX_SPANS = 2_000;
/** A push that has not come back by then never will: its request was cut off. */
const PUSH_PATIENCE_MS = 20_000;

export interface TelemetryParts {
  readonly settings: TelemetrySettings;
  readonly mesh: string;
  readonly bindings: Bindings;
  readonly nowMs: () => number;
  readonly random: () => number;
  /** Version of the configuration that is served. */
  readonly version: () => number | undefined;
}

/**
 * What one isolate has seen: noted in memory while a request runs, written and counted after its response, pushed by
 * whichever request comes when a push is due. Nothing here is waited for by a request, and everything is bounded.
 */
export class EdgeTelemetry implements ExchangeListener {
  readonly nowMs: () => number;
  readonly #parts: TelemetryParts;
  readonly #metrics = new RequestMetrics();
  readonly #logs = new BoundedQueue<LogRecord>(MAX_LOGS);
  readonly #spans = new BoundedQueue<Span>(MAX_SPANS);
  readonly #senders: Readonly<Record<'metrics' | 'logs' | 'traces', OtlpSender | undefined>>;
  readonly #analytics: AnalyticsBinding | undefined;
  readonly #sendsAnything: boolean;
  readonly #instance = randomHex(8);
  readonly #after = Promise.resolve();
  #location: string | undefined;
  /** A batch that was not taken: sent again as it is, so that a receiver can tell that it has it. */
  #unsent: string | undefined;
  #sequence = 0;
  #startMs: number;
  #recent = 0;
  #pushDueMs: number | undefined;

  constructor(parts: TelemetryParts) {
    const { settings, bindings, nowMs } = parts;
    this.#parts = parts;
    this.nowMs = nowMs;
    this.#startMs = nowMs();
    const transport = settings.otlp?.binding === undefined ? undefined : bindings[settings.otlp.binding];
    const sender = (signal: 'metrics' | 'logs' | 'traces'): OtlpSender | undefined =>
      settings.otlp?.signals.has(signal) === true
        ? new OtlpSender(settings.otlp, signal, transport as Transport | undefined, nowMs)
        : undefined;
    this.#senders = { metrics: sender('metrics'), logs: sender('logs'), traces: sender('traces') };
    this.#analytics =
      settings.analyticsBinding === undefined ? undefined : analyticsBinding(bindings[settings.analyticsBinding]);
    this.#sendsAnything =
      this.#analytics !== undefined || Object.values(this.#senders).some((sender) => sender !== undefined);
  }

  get location(): string {
    return this.#location ?? 'unknown';
  }

  begin(facts: PlatformFacts, context: RequestContext): Exchange {
    return new Exchange(facts, context, this);
  }

  /** Now it is known by which configuration the request is served. */
  serve(exchange: Exchange, serving: ServingConfig): void {
    exchange.serving = serving;
    exchange.scope = scopeFor(serving, exchange.facts);
    const tracing = exchange.scope?.tracing;
    if (tracing === undefined) return;
    const { settings, random } = this.#parts;
    exchange.trace = beginTrace(tracing, exchange.facts.headers, settings.traceParent, random);
  }

  ended(exchange: Exchange): void {
    this.#location ??= locationOf(exchange.facts);
    exchange.context.waitUntil(this.#after.then(() => this.#note(exchange, exchange.scope ?? NO_SCOPE)));
  }

  wants({ scope }: Exchange): boolean {
    return this.#sendsAnything || (scope !== undefined && scope.logs.length > 0);
  }

  /** Runs when the response is on its way. */
  #note(exchange: Exchange, scope: PreparedScope): Promise<void> | undefined {
    if (this.#senders.metrics !== undefined || this.#analytics !== undefined) this.#metrics.add(exchange, scope);
    if (scope.logs.length > 0) {
      writeAccessLogs(exchange, scope, (logName, line) => {
        if (this.#senders.logs === undefined) return;
        this.#logs.add({ entry: exchange.entry(this.location, scope.secrets), line, logName });
      });
    }
    if (this.#senders.logs !== undefined && this.#recent < this.#parts.settings.recentEntries) {
      this.#recent++;
      this.#logs.add({ entry: exchange.entry(this.location, scope.secrets), line: undefined, logName: 'recent' });
    }
    const { trace } = exchange;
    if (this.#senders.traces !== undefined && trace?.sampled === true && scope.tracing?.provider !== undefined) {
      for (const span of spansOf(exchange, trace, scope, () => randomHex(8))) this.#spans.add(span);
    }
    return this.#pushLater();
  }

  /** One push is planned at a time; one whose request was cut off is planned again. */
  #pushLater(): Promise<void> | undefined {
    if (!this.#sendsAnything) return undefined;
    const { intervalMs } = this.#parts.settings;
    const nowMs = this.nowMs();
    if (this.#pushDueMs !== undefined && nowMs < this.#pushDueMs + PUSH_PATIENCE_MS) return undefined;
    this.#pushDueMs = nowMs + intervalMs;
    return delay(intervalMs)
      .then(() => this.#push())
      .finally(() => {
        this.#pushDueMs = undefined;
      });
  }

  async #push(): Promise<void> {
    this.#recent = 0;
    const { otlp } = this.#parts.settings;
    const sender = { mesh: this.#parts.mesh, instance: this.#instance, location: this.location };
    if (this.#analytics !== undefined) {
      writeAnalytics(this.#analytics, this.#metrics.list(), this.location);
      if (otlp === undefined) this.#metrics.clear();
    }
    if (otlp === undefined) return;
    const { metrics, logs, traces } = this.#senders;
    await Promise.all([
      metrics?.isFree === true ? this.#pushMetrics(metrics, otlp, sender) : undefined,
      logs?.isFree === true ? pushQueue(logs, this.#logs, (records) => logsJson(sender, records)) : undefined,
      traces?.isFree === true ? pushQueue(traces, this.#spans, (spans) => tracesJson(sender, spans)) : undefined,
    ]);
  }

  async #pushMetrics(to: OtlpSender, { temporality }: OtlpSettings, sender: Sender): Promise<void> {
    if (this.#unsent !== undefined) {
      if ((await to.send(this.#unsent)) === 'failed') return;
      this.#unsent = undefined;
    }
    if (this.#metrics.isEmpty) return;
    const endMs = this.nowMs();
    const batch: MetricsBatch = {
      sender,
      sequence: ++this.#sequence,
      temporality,
      startMs: this.#startMs,
      endMs,
      series: this.#metrics.list(),
      counters: {
        foresail_edge_refusals_total: this.#metrics.refusals,
        foresail_edge_client_requests_total: this.#metrics.regions,
        foresail_edge_telemetry_dropped_total: [
          { labels: { signal: 'logs' }, value: this.#logs.dropped },
          { labels: { signal: 'traces' }, value: this.#spans.dropped },
        ],
      },
      gauges: { foresail_edge_snapshot_version: this.#parts.version() ?? 0 },
    };
    const body = metricsJson(batch);
    if (temporality === 'delta') {
      this.#metrics.clear();
      this.#logs.dropped = 0;
      this.#spans.dropped = 0;
      this.#startMs = endMs;
    }
    // Cumulative figures are in the next batch anyway.
    if ((await to.send(body)) === 'failed' && temporality === 'delta') this.#unsent = body;
  }
}

/** What is not taken is lost, and counted: there may be more of it than a receiver that has just come back can take. */
async function pushQueue<T>(
  to: OtlpSender,
  queue: BoundedQueue<T>,
  encode: (items: readonly T[]) => string,
): Promise<void> {
  if (queue.size === 0) return;
  const items = queue.take();
  if ((await to.send(encode(items))) !== 'taken') queue.lose(items.length);
}

/** `cf-ray: 8f1e5c0b7d2a1234-FRA` names the data centre. */
function locationOf({ headers }: PlatformFacts): string | undefined {
  const ray = headers.get('cf-ray');
  return ray === null ? undefined : /-([A-Z]{3})$/.exec(ray)?.[1];
}
