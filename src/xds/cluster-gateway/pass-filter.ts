import { type Fields, packed } from '../any.ts';
import { milliseconds } from '../durations.ts';
import {
  JwtAuthenticationSchema,
  type JwtClaimToHeaderSchema,
} from '../gen/envoy/extensions/filters/http/jwt_authn/v3/config_pb.ts';
import { type HttpFilterInit, httpFilter } from '../http/http-filter.ts';
import { JWT_FILTER } from '../match/claim-matcher.ts';

/** As the edge writes them (src/edge/edge-pass.ts). */
const PASS_HEADER = 'x-foresail-pass';
const PASS_ISSUER = 'foresail-edge';
const PASS_LIFETIME_MS = 60_000;

/** Where the destination stands while the gateway works; the application does not see it. */
export const DESTINATION_HEADER = 'x-foresail-destination';

/** Claims under `retry` are Envoy's own headers, which its router consumes. */
export const MAX_RETRIES_HEADER = 'x-envoy-max-retries';
const RETRY_HEADERS = [
  MAX_RETRIES_HEADER,
  'x-envoy-retry-on',
  'x-envoy-retriable-status-codes',
  'x-envoy-upstream-rq-per-try-timeout-ms',
];

/** Without one the route has no timeout; the client's own is taken off before the pass is read. */
const TIMEOUT_HEADER = 'x-envoy-upstream-rq-timeout-ms';

/** Clocks of edge and cluster may differ by so much. */
const CLOCK_SKEW_S = 5;

export interface PassTrust {
  /** The mesh that passes must be for. */
  readonly audience: string;
  /** The edge's public keys (RFC 7517); two while they rotate. */
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

/**
 * No entry without a pass: it is verified, taken off, and what it says replaces whatever the request says of the same.
 * Only then is the route chosen.
 */
export function passFilter({ audience, keys }: PassTrust): HttpFilterInit {
  const authentication = packed(JwtAuthenticationSchema, {
    providers: {
      'edge-pass': {
        issuer: PASS_ISSUER,
        audiences: [audience],
        jwksSourceSpecifier: {
          case: 'localJwks',
          value: { specifier: { case: 'inlineString', value: JSON.stringify({ keys }) } },
        },
        fromHeaders: [{ name: PASS_HEADER }],
        forward: false,
        requireExpiration: true,
        maxLifetime: milliseconds(PASS_LIFETIME_MS),
        clockSkewSeconds: CLOCK_SKEW_S,
        claimToHeaders: [
          fromClaim(DESTINATION_HEADER, 'dst'),
          // A Worker can send no Host other than its URL's.
          fromClaim(':authority', 'auth'),
          fromClaim('x-envoy-external-address', 'ip'),
          fromClaim(TIMEOUT_HEADER, 'timeoutMs'),
          ...RETRY_HEADERS.map((name) => fromClaim(name, `retry.${name}`)),
        ],
        clearRouteCache: true,
      },
    },
    rules: [
      {
        match: { pathSpecifier: { case: 'prefix', value: '/' } },
        requirementType: {
          case: 'requires',
          value: { requiresType: { case: 'providerName', value: 'edge-pass' } },
        },
      },
    ],
  });
  return httpFilter(JWT_FILTER, authentication);
}

function fromClaim(headerName: string, claimName: string): Fields<typeof JwtClaimToHeaderSchema> {
  return { headerName, claimName };
}
