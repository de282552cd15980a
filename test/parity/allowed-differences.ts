import type { SettingsConfig } from '../../src/engine/config.ts';
import type { ParityRequest } from './mesh-case.ts';
import type { Difference } from './observation.ts';

/** A difference that the edge's platform forces; everything else is a fault. */
export interface AllowedDifference {
  readonly name: string;
  readonly reason: string;
  readonly covers: (difference: Difference, request: ParityRequest, settings: SettingsConfig) => boolean;
}

export const ALLOWED_DIFFERENCES: readonly AllowedDifference[] = [
  {
    name: 'malformed-messages',
    reason:
      'Envoy refuses a request target that is not ASCII, not a path or of another scheme, and a Host that is no authority, while it ' +
      'reads the message (400 Bad Request). The edge is given parsed requests: its platform has refused, or mended, those.',
    covers: (_, { target, headers, tls }) =>
      (tls && target.startsWith('http:')) ||
      !/^(?:\/|https?:\/\/)[\x21-\x7e]*$/.test(target) ||
      headers.some(([name, value]) => /^host$/i.test(name) && !/^[\x21-\x2e\x30-\x7e]*$/.test(value)),
  },
  {
    name: 'fragments',
    reason:
      'A target with a fragment is refused by Envoy (400). The platform of the edge takes the fragment off first.',
    covers: (_, { target }) => target.includes('#'),
  },
  {
    name: 'trusted-forwarded-proto',
    reason:
      'With trusted proxies before it Envoy believes X-Forwarded-Proto. Nothing but its own platform stands before the ' +
      'edge, which says itself how the client came.',
    covers: (_, { headers }, { numTrustedProxies }) =>
      numTrustedProxies > 0 && headers.some(([name]) => name.toLowerCase() === 'x-forwarded-proto'),
  },
  {
    name: 'repeated-headers',
    reason:
      'Envoy 1.40 compares a header that came in several lines line by line, and %REQ(name)% is the first of them. The ' +
      'edge is given the lines as one value, joined by commas: its routes compare that value, its policies take the ' +
      'parts for lines too, so that none is passed by, and formatters print all of it.',
    covers: (_, { headers }) => {
      const names = headers.map(([name]) => name.toLowerCase());
      return new Set(names).size < names.length || headers.some(([, value]) => value.includes(','));
    },
  },
  {
    name: 'empty-query-method',
    reason: 'Envoy refuses a QUERY request without content while it reads it.',
    covers: (_, { method, body }) => method === 'QUERY' && body === undefined,
  },
];
