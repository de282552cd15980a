import type { ExternalAuthorizerConfig } from '../policy-config.ts';
import type { ConfigOrigin } from '../values.ts';
import type { PolicyAction } from './policy-set.ts';

export type PolicyVerdict = PolicyAllow | PolicyDeny;

export interface PolicyAllow {
  readonly kind: 'allow';
  /** The ALLOW rule that let the request in; undefined when there are no ALLOW policies. */
  readonly rule: string | undefined;
  readonly origin: ConfigOrigin | undefined;
  readonly observed: readonly Observation[];
}

export interface PolicyDeny {
  readonly kind: 'deny';
  readonly status: 403;
  readonly body: string;
  /** Envoy's RESPONSE_CODE_DETAILS. */
  readonly details: string;
  readonly why: string;
  /** Undefined when no ALLOW rule matched. */
  readonly origin: ConfigOrigin | undefined;
  readonly observed: readonly Observation[];
}

/** What policies would have said that are only watched: AUDIT, and those in dry run. For counters and logs. */
export interface Observation {
  readonly action: PolicyAction;
  readonly dryRun: boolean;
  readonly matched: boolean;
  /** Envoy's name of the rule that matched first; `none`. */
  readonly rule: string;
  readonly origin: ConfigOrigin | undefined;
}

export type CustomVerdict =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'ask';
      readonly provider: ExternalAuthorizerConfig;
      readonly rule: string;
      readonly origin: ConfigOrigin;
    }
  | PolicyDeny;

/** What the policies of a destination are certain to say of a request; `unknown` leaves it to them. */
export interface Judgement {
  readonly kind: 'allow' | 'deny' | 'unknown';
  /** Envoy's name of the rule that decided, or that could not be decided; `none`. */
  readonly rule: string;
  readonly why: string;
  readonly origin: ConfigOrigin | undefined;
}

export const NOTHING_OBSERVED: readonly Observation[] = [];

const DENIED_BODY = 'RBAC: access denied';

export function denied(
  rule: string,
  why: string,
  origin: ConfigOrigin | undefined,
  observed: readonly Observation[] = NOTHING_OBSERVED,
): PolicyDeny {
  return {
    kind: 'deny',
    status: 403,
    body: DENIED_BODY,
    details: `rbac_access_denied_matched_policy[${rule}]`,
    why,
    origin,
    observed,
  };
}
