import { stripControlHeaders } from '../../engine/connection-headers.ts';
import { decide } from '../../engine/decide.ts';
import type { Decision } from '../../engine/decision.ts';
import type { Environment } from '../../engine/environment.ts';
import type { RequestFacts } from '../../engine/facts.ts';
import { renderReply } from '../../engine/render-reply.ts';
import type { ServingConfig } from '../../engine/serving.ts';
import type { Tracer } from '../../engine/trace.ts';
import { HeaderList } from './header-list.ts';
import { factsOf, headersOf, type RequestDescription } from './request.ts';

/** What a request would meet with: answered at the edge, or forwarded in this form. */
export interface Outcome {
  /** Of the edge's own answer; 200 stands for whatever the upstream says. */
  readonly status: number;
  readonly body: string;
  readonly responseHeaders: Headers;
  /** Cluster name; undefined when the edge answered itself. */
  readonly destination: string | undefined;
  /** Path and query that the upstream receives. */
  readonly path: string | undefined;
  readonly authority: string | undefined;
  /** Headers that the upstream receives. */
  readonly requestHeaders: Headers | undefined;
  readonly delayMs: number;
  readonly timeoutMs: number;
  readonly mirrors: readonly string[];
  readonly flag: string;
  readonly details: string;
  readonly decision: Decision;
}

/** Runs the serving engine on a described request; nothing is sent anywhere. */
export async function simulate(
  serving: ServingConfig,
  description: RequestDescription,
  env: Environment,
  tracer?: Tracer,
): Promise<Outcome> {
  const facts = factsOf(description);
  return outcomeOf(await decide(serving, facts, env, tracer), facts, description);
}

/** What a decision comes to for the caller and for the service behind. */
export function outcomeOf(decision: Decision, facts: RequestFacts, description: RequestDescription): Outcome {
  const responseHeaders = new HeaderList();
  if (decision.kind === 'reply') {
    const rendered = renderReply(decision, facts);
    for (const [name, value] of rendered.headers) responseHeaders.append(name, value);
    decision.mutateResponse?.(responseHeaders);
    const { body } = rendered;
    return {
      status: rendered.status,
      body: typeof body === 'string' ? body : body === null ? '' : new TextDecoder().decode(body),
      responseHeaders,
      destination: undefined,
      path: undefined,
      authority: undefined,
      requestHeaders: undefined,
      delayMs: decision.delayMs,
      timeoutMs: 0,
      mirrors: [],
      flag: decision.flag,
      details: decision.details,
      decision,
    };
  }
  const requestHeaders = headersOf(description);
  requestHeaders.delete('host');
  stripControlHeaders(requestHeaders, false);
  decision.mutateRequest(requestHeaders);
  decision.mutateResponse?.(responseHeaders);
  return {
    status: 200,
    body: '',
    responseHeaders,
    destination: decision.cluster.name,
    path: decision.target,
    authority: decision.authority,
    requestHeaders,
    delayMs: decision.delayMs,
    timeoutMs: decision.timeoutMs,
    mirrors: decision.mirrors.map((mirror) => mirror.cluster),
    flag: '-',
    details: 'via_upstream',
    decision,
  };
}
