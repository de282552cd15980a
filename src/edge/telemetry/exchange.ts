import type { Decision, LocalReply } from '../../engine/decision.ts';
import type { RequestFacts } from '../../engine/facts.ts';
import type { Headers as HeaderBag } from '../../engine/header-bag.ts';
import { EngineRequest } from '../../engine/request.ts';
import { type SecretPlaces, withoutSecrets } from '../../engine/secrets/secret-places.ts';
import type { ServingConfig } from '../../engine/serving.ts';
import type { AccessLogEntry } from '../../engine/telemetry/access-log-entry.ts';
import type { EndedContext } from '../../engine/telemetry/attributes.ts';
import type { ExchangeFacts } from '../../engine/telemetry/exchange-facts.ts';
import { contentLength } from '../native-pipe.ts';
import type { RequestContext } from '../runtime.ts';
import type { PreparedScope } from './prepared-scope.ts';
import type { RequestTrace } from './request-trace.ts';

/** A request as a platform gives it. */
export interface PlatformFacts extends RequestFacts {
  readonly headers: Headers;
}

/** Whoever is told that a request is over. */
export interface ExchangeListener {
  readonly nowMs: () => number;
  /** Where this edge is; `unknown` before anybody has said it. */
  readonly location: string;
  /** Whether anybody will ask what became of it. */
  wants(exchange: Exchange): boolean;
  ended(exchange: Exchange): void;
}

/** One request and what became of it. Noted along the way; everything else is worked out when somebody asks. */
export class Exchange implements ExchangeFacts {
  readonly facts: PlatformFacts;
  readonly context: RequestContext;
  readonly startedMs: number;
  serving: ServingConfig | undefined = undefined;
  scope: PreparedScope | undefined = undefined;
  decision: Decision | undefined = undefined;
  /** An answer of the edge's own, in place of what was decided. */
  reply: LocalReply | undefined = undefined;
  trace: RequestTrace | undefined = undefined;
  upstreamHost: string | undefined = undefined;
  attempts = 0;
  upstreamAnsweredMs: number | undefined = undefined;
  durationMs = 0;
  responseHeaders: HeaderBag | undefined = undefined;
  responseStatus: number | undefined = undefined;
  readonly #listener: ExchangeListener;
  #request: EngineRequest | undefined;
  #requestId: string | undefined;

  constructor(facts: PlatformFacts, context: RequestContext, listener: ExchangeListener) {
    this.facts = facts;
    this.context = context;
    this.#listener = listener;
    this.startedMs = listener.nowMs();
  }

  readonly newRequestId = (): string => {
    this.#requestId ??= crypto.randomUUID();
    return this.#requestId;
  };

  readonly understood = (request: EngineRequest): void => {
    this.#request = request;
  };

  /** The upstream has been asked. */
  sent(host: string): void {
    this.upstreamHost = host;
    this.attempts++;
    this.trace?.upstreamStarted(this.#listener.nowMs(), host);
  }

  /** Work on the way of which a trace tells. */
  stage<T>(name: string, work: Promise<T>): Promise<T> {
    const { trace } = this;
    if (trace?.sampled !== true) return work;
    const startMs = this.#listener.nowMs();
    return work.finally(() => trace.stages.push({ name, startMs, endMs: this.#listener.nowMs() }));
  }

  /** The response is made, and on its way. */
  ended(response: Response): void {
    // Looking at a response costs several microseconds.
    if (!this.#listener.wants(this)) return;
    const nowMs = this.#listener.nowMs();
    this.responseHeaders = response.headers;
    this.responseStatus = response.status;
    this.durationMs = nowMs - this.startedMs;
    this.trace?.upstreamEnded(nowMs);
    if (this.attempts > 0 && this.reply === undefined) this.upstreamAnsweredMs = this.durationMs;
    this.#listener.ended(this);
  }

  get request(): EngineRequest {
    this.#request ??= new EngineRequest(this.facts, this.facts.rawPath, this.newRequestId);
    return this.#request;
  }

  get #local(): LocalReply | undefined {
    return this.reply ?? (this.decision?.kind === 'reply' ? this.decision : undefined);
  }

  get flags(): string {
    const local = this.#local;
    if (local !== undefined) return local.flag;
    const delayed = this.decision !== undefined && this.decision.delayMs > 0;
    return delayed ? 'DI' : '-';
  }

  get details(): string {
    return this.#local?.details ?? 'via_upstream';
  }

  get why(): string | undefined {
    return this.#local?.why;
  }

  get isRefused(): boolean {
    const local = this.#local;
    return local !== undefined && (local.status >= 400 || local.flag !== '-');
  }

  get origin(): LocalReply['origin'] {
    return this.#local === undefined ? this.decision?.origin : (this.#local.origin ?? this.decision?.origin);
  }

  get routeName(): string {
    return this.decision?.routeName ?? '';
  }

  get cluster(): string {
    return this.decision?.kind === 'forward' ? this.decision.cluster.name : '';
  }

  get bytesReceived(): number {
    return contentLength(this.facts.headers) ?? 0;
  }

  get bytesSent(): number {
    const local = this.#local;
    if (local !== undefined) return local.body.length;
    return this.responseSize ?? 0;
  }

  /** Undefined: nobody has said how long the answer is, and its bytes do not pass through here. */
  get responseSize(): number | undefined {
    const length = this.responseHeaders?.get('content-length');
    return length === null || length === undefined ? undefined : Number(length);
  }

  get upstreamFailure(): string | undefined {
    return this.reply?.flag === 'UF' || this.reply?.flag === 'URX' ? this.reply.why : undefined;
  }

  get hostname(): string {
    return this.#listener.location;
  }

  /** Requests do not tell their connections apart: the platform's own id of the request. */
  get connectionId(): string {
    return this.facts.headers.get('cf-ray') ?? '0';
  }

  get traceId(): string | undefined {
    return this.trace?.sampled === true ? this.trace.traceId : undefined;
  }

  get grpcStatus(): string | undefined {
    return this.responseHeaders?.get('grpc-status') ?? undefined;
  }

  get protocol(): 'http' | 'grpc' {
    return this.facts.headers.get('content-type')?.startsWith('application/grpc') === true ? 'grpc' : 'http';
  }

  /** Country of the client, where the platform tells. */
  get region(): string {
    const country = this.facts.headers.get('cf-ipcountry');
    return country !== null && /^[A-Z][A-Z0-9]$/.test(country) ? country : '';
  }

  /** For formats and expressions; with `sent` as they read it. */
  asContext(): EndedContext {
    const { request, decision, responseHeaders, responseStatus, routeName, cluster } = this;
    return {
      request,
      sent: decision?.kind === 'forward' ? decision : undefined,
      responseHeaders,
      responseStatus,
      routeName,
      cluster,
      nowMs: this.#listener.nowMs,
      exchange: this,
    };
  }

  entry(instance: string, secrets: SecretPlaces): AccessLogEntry {
    const { request, facts, decision, traceId, why, origin } = this;
    const isForward = decision?.kind === 'forward';
    return {
      timeMs: this.startedMs,
      reporter: 'edge',
      instance,
      requestId: request.connection.requestId,
      ...(traceId === undefined ? {} : { traceId }),
      method: facts.method,
      scheme: facts.scheme,
      authority: facts.authority.slice(0, MAX_TEXT),
      path: withoutSecrets(request.path, secrets).slice(0, MAX_TEXT),
      code: this.responseStatus ?? 0,
      flags: this.flags,
      details: this.details,
      ...(why === undefined ? {} : { why: why.slice(0, MAX_TEXT) }),
      ...(origin === undefined ? {} : { origin }),
      routeName: this.routeName,
      cluster: this.cluster,
      service: isForward ? decision.cluster.host : '',
      bytesReceived: this.bytesReceived,
      bytesSent: this.bytesSent,
      durationMs: this.durationMs,
      ...(this.upstreamAnsweredMs === undefined ? {} : { upstreamMs: this.upstreamAnsweredMs }),
      clientAddress: facts.clientAddress,
      region: this.region,
      userAgent: withoutSecrets(facts.headers.get('user-agent') ?? '', secrets).slice(0, MAX_TEXT),
    };
  }
}

const MAX_TEXT = 256;
