import { listedKeys } from '../engine/jwt/listed-keys.ts';
import type { JwksConfig, JwtRuleConfig } from '../engine/policy-config.ts';
import type { RequestAuthentication } from '../resources/kinds.ts';
import { configOrigin } from './config-origin.ts';
import type { JwksLookup } from './model.ts';

/** Rules of all policies that apply, in one list sorted by issuer (ISTIO.md 1.9). */
export function resolveRequestAuthentication(
  policies: readonly RequestAuthentication[],
  lookup: JwksLookup,
): JwtRuleConfig[] {
  return policies
    .flatMap((policy) =>
      (policy.spec.jwtRules ?? []).map((rule, index): JwtRuleConfig => {
        const custom =
          (rule.fromHeaders ?? []).length + (rule.fromParams ?? []).length + (rule.fromCookies ?? []).length > 0;
        return {
          issuer: rule.issuer ?? '',
          audiences: rule.audiences ?? [],
          keys: keysOf(rule, lookup),
          fromHeaders: custom
            ? (rule.fromHeaders ?? []).map(({ name, prefix }) => ({ name: name.toLowerCase(), prefix: prefix ?? '' }))
            : [{ name: 'authorization', prefix: 'Bearer ' }],
          fromParams: custom ? (rule.fromParams ?? []) : ['access_token'],
          fromCookies: rule.fromCookies ?? [],
          forwardOriginalToken: rule.forwardOriginalToken === true,
          ...(rule.outputPayloadToHeader ? { outputPayloadToHeader: rule.outputPayloadToHeader.toLowerCase() } : {}),
          outputClaimToHeaders: (rule.outputClaimToHeaders ?? []).map(({ header, claim }) => ({
            header: (header ?? '').toLowerCase(),
            claim: (claim ?? '').split('.'),
          })),
          spaceDelimitedClaims: rule.spaceDelimitedClaims ?? [],
          origin: configOrigin(policy, ['spec', 'jwtRules', index]),
        };
      }),
    )
    .sort((a, b) => (a.issuer < b.issuer ? -1 : a.issuer > b.issuer ? 1 : 0));
}

function keysOf(
  rule: {
    readonly issuer?: string | undefined;
    readonly jwks?: string | undefined;
    readonly jwksUri?: string | undefined;
  },
  lookup: JwksLookup,
): JwksConfig {
  if (rule.jwks) return inlineKeys(rule.jwks);
  return lookup({ issuer: rule.issuer ?? '', jwksUri: rule.jwksUri || undefined });
}

/** RFC 7517 §5: `{"keys": […]}`. Text that is none fails every token, with the reason. */
function inlineKeys(text: string): JwksConfig {
  try {
    const keys = listedKeys(JSON.parse(text));
    return keys === undefined ? { unavailable: 'the jwks in the resource has no list of keys' } : { keys };
  } catch {
    return { unavailable: 'the jwks in the resource is not JSON' };
  }
}
