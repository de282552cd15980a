/** A span as it came, whoever made it. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  /** OpenTelemetry's SpanKind: 1 internal, 2 server, 3 client. */
  readonly kind: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly service: string;
  readonly isError: boolean;
  readonly attributes: Readonly<Record<string, string>>;
}

const MAX_TRACES = 1_000;
const MAX_SPANS_PER_TRACE = 200;

/** The newest traces, each with the spans that have come so far. */
export class TraceRing {
  readonly #traces = new Map<string, ReceivedSpan[]>();

  add(span: ReceivedSpan): void {
    const spans = this.#traces.get(span.traceId);
    if (spans !== undefined) {
      if (spans.length < MAX_SPANS_PER_TRACE && !spans.some(({ spanId }) => spanId === span.spanId)) spans.push(span);
      return;
    }
    this.#traces.set(span.traceId, [span]);
    for (const [oldest] of this.#traces) {
      if (this.#traces.size <= MAX_TRACES) break;
      this.#traces.delete(oldest);
    }
  }

  /** In the order in which they began. */
  spans(traceId: string): readonly ReceivedSpan[] {
    return (this.#traces.get(traceId) ?? []).toSorted((a, b) => a.startMs - b.startMs);
  }

  /** Newest first. */
  ids(limit = 100): readonly string[] {
    return [...this.#traces.keys()].reverse().slice(0, limit);
  }
}
