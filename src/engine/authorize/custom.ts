import type { AuthorizationConfig } from '../policy-config.ts';
import type { Tracer } from '../trace.ts';
import type { PolicyRequest } from './policy-request.ts';
import type { PolicySet } from './policy-set.ts';
import { type CustomVerdict, denied } from './verdict.ts';

const NONE: CustomVerdict = { kind: 'none' };

/** Istio's name for the rules of a policy whose provider does not exist. */
const BAD_PROVIDER_SUFFIX = '-deny-due-to-bad-CUSTOM-action';

/** Before tokens are verified: whether an external authorizer has a say. Without one that can be asked, nobody passes. */
export function customVerdict(
  policies: PolicySet,
  providers: AuthorizationConfig['providers'],
  request: PolicyRequest,
  tracer: Tracer | undefined,
): CustomVerdict {
  if (policies.isEmpty) return NONE;
  const rule = policies.first(request, tracer);
  if (rule === undefined) return NONE;
  const name = rule.config.provider;
  const provider = name !== undefined && Object.hasOwn(providers, name) ? providers[name] : undefined;
  if (provider !== undefined) return { kind: 'ask', provider, rule: rule.id, origin: rule.origin };
  const why = `policy ${rule.policy} asks provider ${JSON.stringify(name ?? '')}, which is not configured`;
  return denied(rule.id + BAD_PROVIDER_SUFFIX, why, rule.origin);
}
