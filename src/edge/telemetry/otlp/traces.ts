import type { Exchange } from '../exchange.ts';
import type { PreparedScope } from '../prepared-scope.ts';
import type { RequestTrace } from '../request-trace.ts';
import { attributes, type KeyValue, resource, SCOPE, type Sender, unixNano } from './values.ts';

/** OpenTelemetry's Span.SpanKind and Status.StatusCode. */
const INTERNAL = 1;
const SERVER = 2;
const CLIENT = 3;
const STATUS_ERROR = 2;

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly KeyValue[];
  readonly status?: { readonly code: number };
}

/** The spans of one request: the edge's own, its stages, and the call of the upstream. */
export function spansOf(
  exchange: Exchange,
  trace: RequestTrace,
  scope: PreparedScope,
  newSpanId: () => string,
): Span[] {
  const { facts, startedMs, durationMs, responseStatus = 0, decision } = exchange;
  const { traceId, spanId, parentSpanId, upstreamSpanId, upstream, stages } = trace;
  const endMs = startedMs + durationMs;
  const cluster = decision?.kind === 'forward' ? decision.cluster : undefined;
  const context = exchange.asContext();
  const shared = { traceId, kind: INTERNAL };
  const spans: Span[] = [
    {
      traceId,
      spanId,
      ...(parentSpanId === undefined ? {} : { parentSpanId }),
      // As Istio's proxies name their operations.
      name: cluster === undefined ? facts.method : `${cluster.host}:${cluster.port}/*`,
      kind: SERVER,
      ...times(startedMs, endMs),
      attributes: [
        ...attributes({
          component: 'proxy',
          'http.method': facts.method,
          'http.url': `${facts.scheme}://${facts.authority}${context.request.path}`,
          'http.status_code': responseStatus,
          'http.protocol': 'HTTP/1.1',
          'guid:x-request-id': context.request.connection.requestId,
          response_flags: exchange.flags,
          response_code_details: exchange.details,
          upstream_cluster: exchange.cluster,
          'peer.address': facts.peerAddress,
          user_agent: facts.headers.get('user-agent') ?? undefined,
          'foresail.origin': originText(exchange),
        }),
        ...attributes(Object.fromEntries(scope.spanTags(context))),
      ],
      ...(responseStatus >= 500 ? { status: { code: STATUS_ERROR } } : {}),
    },
    ...stages.map(({ name, startMs, endMs }) => ({
      ...shared,
      spanId: newSpanId(),
      parentSpanId: spanId,
      name,
      ...times(startMs, endMs),
      attributes: [],
    })),
  ];
  if (upstream !== undefined) {
    spans.push({
      traceId,
      spanId: upstreamSpanId,
      parentSpanId: spanId,
      name: `upstream ${exchange.cluster}`,
      kind: CLIENT,
      ...times(upstream.startMs, upstream.endMs),
      attributes: attributes({
        upstream_cluster: exchange.cluster,
        'server.address': upstream.host,
        'http.status_code': responseStatus,
        'http.request.resend_count': exchange.attempts - 1,
      }),
      ...(exchange.reply === undefined ? {} : { status: { code: STATUS_ERROR } }),
    });
  }
  return spans;
}

/** The body of a request to `/v1/traces`. */
export function tracesJson(sender: Sender, spans: readonly Span[]): string {
  return JSON.stringify({
    resourceSpans: [{ resource: resource(sender), scopeSpans: [{ scope: SCOPE, spans }] }],
  });
}

function times(startMs: number, endMs: number): Pick<Span, 'startTimeUnixNano' | 'endTimeUnixNano'> {
  return { startTimeUnixNano: unixNano(startMs), endTimeUnixNano: unixNano(Math.max(startMs, endMs)) };
}

function originText({ origin }: Exchange): string | undefined {
  return origin === undefined ? undefined : `${origin.kind}/${origin.namespace}/${origin.name}`;
}
