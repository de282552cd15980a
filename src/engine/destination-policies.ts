import { destinationRequest } from './authorize/judge.ts';
import type { Forward, LocalReply } from './decision.ts';
import type { RequestFacts } from './facts.ts';
import { HeaderOverlay } from './header-overlay.ts';
import type { TokenOutcome } from './jwt/verifier.ts';
import { localReply } from './local-reply.ts';
import { normalizePath } from './normalize-path.ts';
import { peerIdentity } from './peer-identity.ts';
import { preparedPolicies } from './policies.ts';
import type { PolicyScope } from './policy-config.ts';
import type { Run } from './run.ts';
import type { Tracer } from './trace.ts';

type Refusal = LocalReply | undefined;

/**
 * Step 10 of the request path: what every sidecar behind the destination is certain to refuse is refused here. The
 * request is judged as it will arrive there, with the cluster gateway as its caller; what cannot be known here is
 * left to the sidecars, which enforce all of it again.
 */
export function judgeDestination(run: Run, forward: Forward): Forward | LocalReply | Promise<Forward | LocalReply> {
  const { enforced } = forward.cluster;
  if (enforced === undefined || enforced.scopes.length === 0) return forward;
  const facts = arrivingFacts(run, forward);
  let first: Refusal;
  const judgeFrom = (index: number): Forward | LocalReply | Promise<Forward | LocalReply> => {
    for (let i = index; i < enforced.scopes.length; i++) {
      const refusal = judge(run, forward, enforced.scopes[i] as PolicyScope, facts, enforced.port);
      if (refusal instanceof Promise) {
        return refusal.then((settled) => {
          if (settled === undefined) return forward;
          first ??= settled;
          return judgeFrom(i + 1);
        });
      }
      // One that does not refuse for certain is enough to let the request go on.
      if (refusal === undefined) return forward;
      first ??= refusal;
    }
    return first ?? forward;
  };
  return judgeFrom(0);
}

/** The request as the sidecar will see it. */
function arrivingFacts({ request, serving }: Run, { authority, target, mutateRequest }: Forward): RequestFacts {
  const headers = new HeaderOverlay((name) => request.header(name));
  mutateRequest(headers);
  const mark = target.indexOf('?');
  const { pathNormalization } = serving.gateway.settings;
  return {
    ...request.facts,
    authority,
    rawPath: normalizePath(mark === -1 ? target : target.slice(0, mark), pathNormalization),
    query: mark === -1 ? undefined : target.slice(mark + 1),
    header: (name) => headers.get(name),
  };
}

function judge(
  run: Run,
  forward: Forward,
  scope: PolicyScope,
  facts: RequestFacts,
  port: number | undefined,
): Refusal | Promise<Refusal> {
  const { tokens } = preparedPolicies(scope);
  if (tokens === undefined) return authorize(run, forward, scope, facts, port, undefined);
  const outcome = tokens.verify({ facts, path: facts.rawPath }, run.env, run.tracer && atDestination(run.tracer));
  return outcome instanceof Promise
    ? outcome.then((settled) => authorize(run, forward, scope, facts, port, settled))
    : authorize(run, forward, scope, facts, port, outcome);
}

function authorize(
  run: Run,
  forward: Forward,
  scope: PolicyScope,
  facts: RequestFacts,
  port: number | undefined,
  tokens: TokenOutcome | undefined,
): Refusal {
  if (tokens?.kind === 'reject') {
    run.tracer?.step({
      stage: 'sidecar',
      cluster: forward.cluster.name,
      verdict: 'deny',
      rule: tokens.details,
      why: tokens.why ?? tokens.body,
      ...(tokens.origin === undefined ? {} : { origin: tokens.origin }),
    });
    return refusal(run, forward, tokens);
  }
  const request = destinationRequest({
    facts,
    authority: facts.authority,
    path: facts.rawPath,
    header: (name) => tokens?.override?.(name) ?? facts.header(name),
    peer: peerIdentity(run.serving.gateway.settings.identity),
    token: tokens?.token,
    port: port ?? 'unknown',
  });
  const judgement = preparedPolicies(scope).authorizer.judge(request, run.tracer);
  if (run.tracer !== undefined) {
    const { kind: verdict, rule, why, origin } = judgement;
    const where = origin === undefined ? {} : { origin };
    run.tracer.step({ stage: 'sidecar', cluster: forward.cluster.name, verdict, rule, why, ...where });
  }
  if (judgement.kind !== 'deny') return undefined;
  return refusal(run, forward, {
    status: 403,
    body: 'RBAC: access denied',
    headers: [],
    details: `rbac_access_denied_matched_policy[${judgement.rule}]`,
    why: `every sidecar of ${forward.cluster.name} would refuse: ${judgement.why}`,
    origin: judgement.origin,
  });
}

function atDestination(tracer: Tracer): Tracer {
  const step: Tracer['step'] = (told) => tracer.step(told.stage === 'token' ? { ...told, at: 'destination' } : told);
  return tracer.isBrief === true ? { step, isBrief: true } : { step };
}

/** It passes the route on its way back, like the sidecar's own answer would. */
function refusal(
  { observed }: Run,
  { routeName, delayMs, mutateResponse }: Forward,
  reply: Pick<LocalReply, 'status' | 'body' | 'headers' | 'details' | 'origin'> & { readonly why?: string },
): LocalReply {
  return localReply({ ...reply, kind: 'reply', routeName, delayMs, mutateResponse, observed });
}
