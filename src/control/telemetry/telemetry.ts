import type { Registry } from 'prom-client';
import type * as z from 'zod';
import { EdgeReports } from './edge-reports.ts';
import { CumulativeMetrics, readMetrics } from './otlp/read-metrics.ts';
import { entrySchema, logsSchema, metricsSchema, tracesSchema } from './otlp/schema.ts';
import { MetricStore } from './prometheus/metric-store.ts';
import { TraceRing } from './trace-ring.ts';
import { TrafficWindow } from './window/traffic-window.ts';

export type PushResult = { readonly kind: 'taken' } | { readonly kind: 'refused'; readonly reason: string };

const TAKEN: PushResult = { kind: 'taken' };

/** What edges and proxies tell the control plane: kept for a while, added up for Prometheus, read by the console. */
export class Telemetry {
  readonly window: TrafficWindow;
  readonly traces = new TraceRing();
  readonly reports: EdgeReports;
  readonly #store = new MetricStore();
  readonly #own: Registry | undefined;
  readonly #nowMs: () => number;

  /** `own`: the control plane's figures about itself, which are served together with the edges'. */
  constructor(own?: Registry, nowMs: () => number = Date.now) {
    this.#own = own;
    this.#nowMs = nowMs;
    this.window = new TrafficWindow(nowMs);
    this.reports = new EdgeReports(this.#store, this.window);
  }

  /** Takes the body of an OTLP/HTTP request. Never throws. */
  take(signal: 'metrics' | 'logs' | 'traces', body: unknown): PushResult {
    switch (signal) {
      case 'metrics':
        return this.#takeMetrics(body);
      case 'logs':
        return this.#takeLogs(body);
      case 'traces':
        return this.#takeTraces(body);
    }
  }

  /** Prometheus' text format. */
  async metricsText(): Promise<string> {
    return `${(await this.#own?.metrics()) ?? ''}${this.#store.text()}`;
  }

  #takeMetrics(body: unknown): PushResult {
    const parsed = metricsSchema.safeParse(body);
    if (!parsed.success) return refused(parsed.error);
    try {
      const nowMs = this.#nowMs();
      for (const push of readMetrics(parsed.data, nowMs)) this.reports.add(push, nowMs);
      return TAKEN;
    } catch (error) {
      if (error instanceof CumulativeMetrics) return { kind: 'refused', reason: error.message };
      throw error;
    }
  }

  #takeLogs(body: unknown): PushResult {
    const parsed = logsSchema.safeParse(body);
    if (!parsed.success) return refused(parsed.error);
    for (const { attributes } of parsed.data.resourceLogs.flatMap(({ scopeLogs }) =>
      scopeLogs.flatMap(({ logRecords }) => logRecords),
    )) {
      const entry = entrySchema.safeParse(json(attributes['foresail.entry'] ?? ''));
      // Logs of others than edges have another form, and another place.
      if (entry.success) this.window.entries.add(withoutMissing(entry.data));
    }
    return TAKEN;
  }

  #takeTraces(body: unknown): PushResult {
    const parsed = tracesSchema.safeParse(body);
    if (!parsed.success) return refused(parsed.error);
    for (const { resource, scopeSpans } of parsed.data.resourceSpans) {
      for (const span of scopeSpans.flatMap(({ spans }) => spans)) {
        this.traces.add({
          traceId: span.traceId.toLowerCase(),
          spanId: span.spanId.toLowerCase(),
          parentSpanId: span.parentSpanId?.toLowerCase() || undefined,
          name: span.name,
          kind: span.kind,
          startMs: span.startTimeUnixNano,
          endMs: span.endTimeUnixNano,
          service: resource.attributes['service.name'] ?? '',
          isError: span.status?.code === STATUS_ERROR,
          attributes: span.attributes,
        });
      }
    }
    return TAKEN;
  }
}

/** OpenTelemetry's Status.StatusCode. */
const STATUS_ERROR = 2;

function refused(error: z.ZodError): PushResult {
  const [first] = error.issues;
  return { kind: 'refused', reason: `${first?.path.join('.') ?? ''}: ${first?.message ?? 'not OTLP'}` };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Entry = Parameters<TrafficWindow['entries']['add']>[0];

/** zod says `undefined` of what is not there. */
function withoutMissing(value: z.output<typeof entrySchema>): Entry {
  return JSON.parse(JSON.stringify(value)) as Entry;
}
