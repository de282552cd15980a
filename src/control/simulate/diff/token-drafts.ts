import type { JwtRuleConfig, PolicyScope } from '../../../engine/policy-config.ts';
import type { Draft } from './draft.ts';

export function goodClaims({ issuer, audiences }: JwtRuleConfig): Record<string, unknown> {
  const [aud] = audiences;
  return {
    iss: issuer === '' ? 'https://issuer.example' : issuer,
    sub: 'probe',
    ...(aud === undefined ? {} : { aud }),
  };
}

export function placesOf({ fromHeaders, fromParams, fromCookies }: JwtRuleConfig): string[] {
  return [
    ...fromHeaders.map(({ name, prefix }) => `header:${name}:${prefix}`),
    ...fromParams.map((name) => `param:${name}`),
    ...fromCookies.map((name) => `cookie:${name}`),
  ];
}

/** A token that one of the scope's rules takes. */
export function useToken(draft: Draft, { jwt }: PolicyScope, issuer: string | undefined): void {
  const rule = jwt.find((one) => one.issuer === issuer) ?? jwt[0];
  const good = rule === undefined ? { iss: issuer ?? 'https://issuer.example', sub: 'probe' } : goodClaims(rule);
  draft.claims = { ...good, ...(issuer === undefined ? {} : { iss: issuer }), ...draft.claims };
  if (rule !== undefined) draft.tokenPlace = placesOf(rule)[0] ?? draft.tokenPlace;
}
