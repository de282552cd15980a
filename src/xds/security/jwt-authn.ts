import type { MessageInitShape } from '@bufbuild/protobuf';
import type { JwtRuleConfig } from '../../engine/policy-config.ts';
import type {
  JwtAuthenticationSchema,
  JwtProviderSchema,
  JwtRequirementSchema,
} from '../gen/envoy/extensions/filters/http/jwt_authn/v3/config_pb.ts';
import { JWT_PAYLOAD } from '../match/claim-matcher.ts';

type Provider = MessageInitShape<typeof JwtProviderSchema>;
type Requirement = MessageInitShape<typeof JwtRequirementSchema>;

/** Claims that are always taken as lists of words (Istio's RequestAuthentication documentation). */
const ALWAYS_DELIMITED = ['scope', 'permission'];

/**
 * A key whose private half nobody has: every token fails, requests without one pass. This is what becomes of keys
 * that could not be had, in Istio too.
 */
const NOBODYS_KEYS = JSON.stringify({
  keys: [
    {
      kty: 'RSA',
      e: 'AQAB',
      n: 'xAE7eB6qugXyCAG3yhh7pkDkT65pHymX-P7KfIupjf59vsdo91bSP9C8H07pSAGQO1MV_xFj9VswgsCg4R6otmg5PV2He95lZdHtOcU5DXIg_pbhLdKXbi66GlVeK6ABZOUW3WYtnNHD-91gVuoeJT_DwtGGcp4ignkgXfkiEm4sw-4sfb4qdt5oLbyVpmW6x9cfa7vs2WTfURiCrBoUqgBo_-4WTiULmmHSGZHOjzwa8WtrtOQGsAFjIbno85jp6MnGGGZPYZbDAa_b3y5u-YpW7ypZrvD8BgtKVjgtQgZhLAGezMt0ua3DRrWnKqTZ0BJ_EyxOGuHJrLsn00fnMQ',
    },
  ],
});

/** `filterClearsRoute`: routes look at claims, so they are chosen again once claims are known. */
export function jwtAuthentication(
  rules: readonly JwtRuleConfig[],
  clearRouteCache: boolean,
): MessageInitShape<typeof JwtAuthenticationSchema> {
  const names = rules.map((_, index) => `origins-${index}`);
  return {
    providers: Object.fromEntries(rules.map((rule, index) => [`origins-${index}`, provider(rule, clearRouteCache)])),
    rules: [
      {
        match: { pathSpecifier: { case: 'prefix', value: '/' } },
        requirementType: { case: 'requires', value: requirement(names) },
      },
    ],
    bypassCorsPreflight: true,
  };
}

function provider(rule: JwtRuleConfig, clearRouteCache: boolean): Provider {
  return {
    issuer: rule.issuer,
    audiences: [...rule.audiences],
    jwksSourceSpecifier: {
      case: 'localJwks',
      value: { specifier: { case: 'inlineString', value: keysOf(rule) } },
    },
    fromHeaders: rule.fromHeaders.map(({ name, prefix }) => ({ name, valuePrefix: prefix })),
    fromParams: [...rule.fromParams],
    fromCookies: [...rule.fromCookies],
    forward: rule.forwardOriginalToken,
    forwardPayloadHeader: rule.outputPayloadToHeader ?? '',
    claimToHeaders: rule.outputClaimToHeaders.map(({ header, claim }) => ({
      headerName: header,
      claimName: claim.join('.'),
    })),
    payloadInMetadata: JWT_PAYLOAD,
    normalizePayloadInMetadata: { spaceDelimitedClaims: [...ALWAYS_DELIMITED, ...rule.spaceDelimitedClaims] },
    clearRouteCache,
  };
}

function keysOf({ keys }: JwtRuleConfig): string {
  return 'keys' in keys ? JSON.stringify({ keys: keys.keys }) : NOBODYS_KEYS;
}

/** One rule: verified or without a token. Several: any of them verified, or each of them verified or without one. */
function requirement(names: readonly string[]): Requirement {
  const [only, ...others] = names;
  if (only !== undefined && others.length === 0) return verifiedOrMissing(only);
  const all: Requirement = {
    requiresType: { case: 'requiresAll', value: { requirements: names.map(verifiedOrMissing) } },
  };
  return anyOf([...names.map(verified), all]);
}

function verified(name: string): Requirement {
  return { requiresType: { case: 'providerName', value: name } };
}

function verifiedOrMissing(name: string): Requirement {
  return anyOf([verified(name), { requiresType: { case: 'allowMissing', value: {} } }]);
}

function anyOf(requirements: Requirement[]): Requirement {
  return { requiresType: { case: 'requiresAny', value: { requirements } } };
}
