import { stripControlHeaders } from '../engine/connection-headers.ts';
import type { Forward, LocalReply } from '../engine/decision.ts';
import type { ServingConfig } from '../engine/serving.ts';
import type { EdgeParts } from './edge-parts.ts';
import type { EdgeFacts } from './facts.ts';
import type { Upstream } from './links.ts';
import { delay, replyResponse } from './local-reply.ts';
import { logRefusal } from './log.ts';
import { withMirrors } from './mirror.ts';
import { refuse } from './refuse.ts';
import { requestBody } from './request-body.ts';
import { isWebSocketUpgrade, upstreamHeaders } from './request-headers.ts';
import { respond } from './respond.ts';
import { backoffMs, isReplayable, isRetriable, retryClaim, type TryOutcome } from './retry.ts';
import type { RequestContext } from './runtime.ts';
import { type Outgoing, send } from './send.ts';
import { RouteTimeout } from './timeout.ts';
import { isTimeoutOfGateway, noLink, upstreamFailure, upstreamTimeout } from './upstream-error.ts';

/** Carries out a decision to forward: the request streams to the upstream, its response streams back. */
export function forward(
  edge: EdgeParts,
  decision: Forward,
  facts: EdgeFacts,
  serving: ServingConfig,
  context: RequestContext,
): Response | Promise<Response> {
  const forwarding = new Forwarding(edge, decision, facts, serving, context);
  if (decision.delayMs === 0) return forwarding.run();
  const delayed = delay(decision.delayMs);
  return (facts.exchange?.stage('delay fault', delayed) ?? delayed).then(() => forwarding.run()).catch(refuse);
}

class Forwarding {
  readonly #edge: EdgeParts;
  readonly #decision: Forward;
  readonly #facts: EdgeFacts;
  readonly #serving: ServingConfig;
  readonly #context: RequestContext;
  #startedMs = 0;

  constructor(edge: EdgeParts, decision: Forward, facts: EdgeFacts, serving: ServingConfig, context: RequestContext) {
    this.#edge = edge;
    this.#decision = decision;
    this.#facts = facts;
    this.#serving = serving;
    this.#context = context;
  }

  run(): Response | Promise<Response> {
    this.#startedMs = this.#edge.nowMs();
    const { cluster } = this.#decision;
    const upstreams = this.#edge.links.upstreamsOf(cluster, this.#edge.random);
    const upstream = upstreams[0];
    if (upstream === undefined) return this.#reply(noLink(cluster.name));
    const maxRetries = this.#maxRetries(upstreams);
    // A gateway keeps the time for less; over several of them only the edge can.
    const isKeptByGateway = maxRetries === 0 && upstream.isGateway && this.#edge.passes !== undefined;
    const timeout = isKeptByGateway ? undefined : this.#timeout();
    const outgoing = this.#outgoing(upstream, timeout, isKeptByGateway);
    if (maxRetries > 0) {
      return this.#tryInTurn(outgoing, upstreams, maxRetries, timeout).catch((error: unknown) =>
        this.#fail(error, timeout, 0),
      );
    }
    this.#facts.exchange?.sent(upstreamHost(upstream));
    // The promise chain goes straight back to the runtime: an async function here would cost more than the look-ups.
    return send(outgoing, upstream, this.#edge.passes, this.#context).then(
      (response) => this.#respond(response, upstream, timeout),
      (error: unknown) => this.#fail(error, timeout, 0),
    );
  }

  /** A gateway retries itself; the edge goes from one to the other. */
  #maxRetries(upstreams: readonly Upstream[]): number {
    const attempts = upstreams[0]?.isGateway === true ? 0 : (this.#decision.retries?.attempts ?? 0);
    const maxRetries = Math.max(attempts, upstreams.length - 1);
    if (maxRetries === 0) return 0;
    return isReplayable(this.#facts.method, requestBody(this.#facts) !== null) ? maxRetries : 0;
  }

  #outgoing(upstream: Upstream, timeout: RouteTimeout | undefined, isKeptByGateway: boolean): Outgoing {
    const { cluster, authority, target, retries, mirrors, requestPrincipal, timeoutMs, mutateRequest } = this.#decision;
    const facts = this.#facts;
    const headers = upstreamHeaders(facts, upstream.isGateway && this.#edge.passes !== undefined);
    stripControlHeaders(headers, upstream.isGateway);
    mutateRequest(headers);
    facts.exchange?.trace?.write(headers);
    const outgoing = {
      method: facts.method,
      headers,
      body: requestBody(facts),
      original: facts.request,
      target,
      claims: {
        dst: cluster.name,
        auth: authority,
        ip: facts.clientAddress,
        sub: requestPrincipal,
        // In the cluster the gateway retries; the default it knows.
        retry: retries?.isDefault === true ? undefined : retryClaim(retries),
        timeoutMs: isKeptByGateway ? timeoutMs : 0,
      },
      signal: timeout?.signal,
    };
    const mirrored =
      mirrors.length === 0
        ? outgoing
        : withMirrors(outgoing, mirrors, { edge: this.#edge, facts, serving: this.#serving, context: this.#context });
    return timeout === undefined ? mirrored : { ...mirrored, body: timeout.watchRequest(mirrored.body, facts) };
  }

  #timeout(): RouteTimeout | undefined {
    const { timeoutMs } = this.#decision;
    // The end of an upgrade request never comes, and with it the start of Envoy's timer.
    return timeoutMs > 0 && !isWebSocketUpgrade(this.#facts) ? new RouteTimeout(timeoutMs) : undefined;
  }

  async #tryInTurn(
    outgoing: Outgoing,
    upstreams: readonly Upstream[],
    maxRetries: number,
    timeout: RouteTimeout | undefined,
  ): Promise<Response> {
    const policy = this.#decision.retries;
    for (let retry = 0; ; retry++) {
      const upstream = upstreams[retry % upstreams.length] as Upstream;
      if (retry > 0) outgoing.headers.set('x-envoy-attempt-count', String(retry + 1));
      const perTry = perTrySignal(policy?.perTryTimeoutMs, outgoing.signal);
      let outcome: TryOutcome;
      let end: () => Response | Promise<Response>;
      try {
        this.#facts.exchange?.sent(upstreamHost(upstream));
        const tried = perTry === undefined ? outgoing : { ...outgoing, signal: perTry };
        const response = await send(tried, upstream, this.#edge.passes, this.#context);
        outcome = { status: response.status };
        end = () => this.#respond(response, upstream, timeout);
        if (retry < maxRetries && policy !== undefined && isRetriable(policy, outcome)) {
          await response.body?.cancel();
        }
      } catch (error) {
        outcome = perTry?.aborted ? 'per-try-timeout' : 'no-response';
        end = () =>
          outcome === 'per-try-timeout' ? this.#reply(upstreamTimeout()) : this.#fail(error, timeout, retry);
      }
      const isElsewhere = outcome === 'no-response' && retry + 1 < upstreams.length;
      const isWanted = isElsewhere || (policy !== undefined && isRetriable(policy, outcome));
      if (retry >= maxRetries || !isWanted || timeout?.isOver) return end();
      if (policy !== undefined && !isElsewhere) await delay(backoffMs(policy, retry + 1, this.#edge.random));
    }
  }

  /** Never throws: nothing stands behind the promise that it settles. */
  #respond(response: Response, upstream: Upstream, timeout: RouteTimeout | undefined): Response | Promise<Response> {
    try {
      if (upstream.isGateway && isTimeoutOfGateway(response)) return this.#timedOut(response);
      const stamped = this.#stamped(response, upstream, timeout);
      this.#facts.exchange?.ended(stamped);
      return stamped;
    } catch (error) {
      // A header operation whose value no header can have.
      return this.#reply(upstreamFailure(error, 0), noMutation);
    }
  }

  #stamped(response: Response, upstream: Upstream, timeout: RouteTimeout | undefined): Response {
    return respond(timeout?.watchResponse(response, this.#context) ?? response, {
      serverHeader: this.#serving.gateway.settings.serverHeader,
      startedMs: this.#startedMs,
      nowMs: this.#edge.nowMs,
      mutateResponse: this.#decision.mutateResponse,
      isGateway: upstream.isGateway,
    });
  }

  /** The answer is the same; made here, what logs and metrics say of it is so, too. */
  #timedOut({ body }: Response): Response | Promise<Response> {
    if (body !== null) this.#context.waitUntil(body.cancel());
    return this.#reply(upstreamTimeout());
  }

  #fail(error: unknown, timeout: RouteTimeout | undefined, retries: number): Response | Promise<Response> {
    return this.#reply(timeout?.isOver ? upstreamTimeout() : upstreamFailure(error, retries));
  }

  #reply(
    reply: LocalReply,
    mutateResponse: LocalReply['mutateResponse'] = this.#decision.mutateResponse,
  ): Response | Promise<Response> {
    const { cluster, routeName, origin } = this.#decision;
    logRefusal(reply, this.#facts, cluster.name);
    if (this.#facts.exchange !== undefined) this.#facts.exchange.reply = reply;
    const { serverHeader } = this.#serving.gateway.settings;
    return replyResponse({ ...reply, routeName, origin, mutateResponse }, this.#facts, serverHeader);
  }
}

const noMutation = (): void => {};

function perTrySignal(perTryTimeoutMs: number | undefined, whole: AbortSignal | undefined): AbortSignal | undefined {
  if (perTryTimeoutMs === undefined || perTryTimeoutMs <= 0) return undefined;
  const own = AbortSignal.timeout(perTryTimeoutMs);
  return whole === undefined ? own : AbortSignal.any([own, whole]);
}

/** What can be said of where a request went: the name by which it was reached. */
function upstreamHost({ baseUrl }: Upstream): string {
  return baseUrl === undefined ? 'binding' : baseUrl.slice(baseUrl.indexOf('://') + 3);
}
