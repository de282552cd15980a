import type { PeerIdentity, RequestFacts } from '../facts.ts';
import type { VerifiedToken } from '../jwt/token.ts';
import type { Tracer } from '../trace.ts';
import { explainRule } from './explain-rule.ts';
import { type PolicyRequest, Unknowable } from './policy-request.ts';
import type { PolicyRule } from './policy-rule.ts';
import type { PolicySet } from './policy-set.ts';
import { FALSE, TRUE } from './truth.ts';
import type { Judgement } from './verdict.ts';

/** A request as it will reach the sidecar of its destination, as far as that is known before it is sent. */
export interface DestinationView {
  readonly facts: RequestFacts;
  /** After rewrites. */
  readonly authority: string;
  /** After rewrites, normalised, without query. */
  readonly path: string;
  /** As forwarded; without it, as in `facts`. */
  header?(name: string): string | null;
  /** With whose certificate the sidecar is called: that of the cluster gateway. */
  readonly peer: PeerIdentity | undefined | 'unknown';
  /** What the destination's own token rules will find. */
  readonly token: VerifiedToken | undefined | 'unknown';
  /** The port of the workload. */
  readonly port: number | 'unknown';
}

/**
 * The request as policies of the destination will read it. Addresses and the server name are those of a connection
 * that others make.
 */
export function destinationRequest(view: DestinationView): PolicyRequest {
  const { facts, authority, path, peer, token, port } = view;
  let unknown = Unknowable.peerAddress | Unknowable.clientAddress | Unknowable.destinationAddress | Unknowable.sni;
  if (peer === 'unknown') unknown |= Unknowable.peer;
  if (token === 'unknown') unknown |= Unknowable.token;
  if (port === 'unknown') unknown |= Unknowable.destinationPort;
  const header = (name: string): string | null => {
    if (name === ':path' || name === ':scheme') return null;
    if (name === ':authority' || name === 'host') return authority;
    if (name === ':method') return facts.method;
    return view.header === undefined ? facts.header(name) : view.header(name);
  };
  return {
    facts: {
      method: facts.method,
      scheme: facts.scheme,
      authority,
      port: port === 'unknown' ? 0 : port,
      rawPath: path,
      query: facts.query,
      header,
      peerAddress: '',
      clientAddress: '',
      sni: undefined,
      peer: peer === 'unknown' ? undefined : peer,
    },
    path,
    token: token === 'unknown' ? undefined : token,
    header,
    unknown,
    isHeaderUnknown: isSetOnTheWay,
  };
}

const SET_ON_THE_WAY = /^(?::path$|:scheme$|x-envoy-|x-forwarded-|x-b3-|x-request-id$|traceparent$|tracestate$|b3$)/;

/** Headers that the cluster gateway writes itself, and pseudo-headers that its connection decides. */
function isSetOnTheWay(name: string): boolean {
  return SET_ON_THE_WAY.test(name);
}

/** What of a destination's policies is enforced there. */
export interface JudgedSets {
  readonly custom: PolicySet;
  readonly deny: PolicySet;
  readonly allow: PolicySet;
}

/** Only what is certain whatever the unknown facts turn out to be is said. */
export function judgement(
  { custom, deny, allow }: JudgedSets,
  request: PolicyRequest,
  tracer: Tracer | undefined,
): Judgement {
  const denying = deny.strongest(request, tracer);
  if (denying.truth === TRUE && denying.rule !== undefined) return decided('deny', denying.rule, request);
  const allowing = allow.strongest(request, tracer);
  if (!allow.isEmpty && allowing.truth === FALSE) {
    return { kind: 'deny', rule: 'none', why: 'no rule of an ALLOW policy can match', origin: undefined };
  }
  const asking = custom.strongest(request, tracer);
  for (const { truth, rule } of [denying, asking]) {
    if (truth !== FALSE && rule !== undefined) return decided('unknown', rule, request);
  }
  if (allowing.rule === undefined) {
    return { kind: 'allow', rule: 'none', why: 'there are no ALLOW policies', origin: undefined };
  }
  return decided(allowing.truth === TRUE ? 'allow' : 'unknown', allowing.rule, request);
}

function decided(kind: Judgement['kind'], rule: PolicyRule, request: PolicyRequest): Judgement {
  return {
    kind,
    rule: rule.id,
    origin: rule.origin,
    // Told only to who asks: most judgements are looked at for their kind alone.
    get why() {
      return explainRule(rule, request);
    },
  };
}
