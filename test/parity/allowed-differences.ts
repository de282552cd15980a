import type { SettingsConfig } from '../../src/engine/config.ts';
import type { ParityRequest } from './mesh-case.ts';
import type { Difference, OtherSide } from './observation.ts';
import { NO_NAME, sniOf } from './server-name.ts';

/** A difference that the edge's platform forces; everything else is a fault. */
export interface AllowedDifference {
  readonly name: string;
  /** Whose observation differs from the engine's. */
  readonly sides: readonly OtherSide[];
  readonly reason: string;
  readonly covers: (difference: Difference, request: ParityRequest, settings: SettingsConfig) => boolean;
}

export const ALLOWED_DIFFERENCES: readonly AllowedDifference[] = [
  {
    name: 'malformed-messages',
    sides: ['Envoy'],
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
    sides: ['Envoy'],
    reason:
      'A target with a fragment is refused by Envoy (400). The platform of the edge takes the fragment off first.',
    covers: (_, { target }) => target.includes('#'),
  },
  {
    name: 'early-refusals',
    sides: ['Envoy'],
    reason:
      'Envoy refuses a path that it cannot normalise before it has set X-Forwarded-Proto, without which it finds no route. ' +
      'Where the client has sent one, a route is found, and its response headers are put on the refusal.',
    covers: ({ what }, { target, headers }) =>
      what.startsWith('response header ') &&
      /%0[0ad]/i.test(target) &&
      headers.some(([name]) => name.toLowerCase() === 'x-forwarded-proto'),
  },
  {
    name: 'server-name',
    sides: ['workerd'],
    reason:
      'The platform does not tell the server name of a TLS connection: the edge takes the host that was asked for.',
    covers: (_, request) => request.tls && sniOf(request) === NO_NAME,
  },
  {
    name: 'trusted-forwarded-for',
    sides: ['workerd'],
    reason: 'Which proxies are trusted is settled by the platform, which tells the edge one address.',
    covers: (_, { headers }, { numTrustedProxies }) =>
      numTrustedProxies > 0 && headers.some(([name]) => name.toLowerCase() === 'x-forwarded-for'),
  },
  {
    name: 'trusted-forwarded-proto',
    sides: ['Envoy'],
    reason:
      'With trusted proxies before it Envoy believes X-Forwarded-Proto. Nothing but its own platform stands before the ' +
      'edge, which says itself how the client came.',
    covers: (_, { headers }, { numTrustedProxies }) =>
      numTrustedProxies > 0 && headers.some(([name]) => name.toLowerCase() === 'x-forwarded-proto'),
  },
  {
    name: 'repeated-headers',
    sides: ['Envoy', 'workerd'],
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
    sides: ['Envoy'],
    reason: 'Envoy refuses a QUERY request without content while it reads it.',
    covers: (_, { method, body }) => method === 'QUERY' && body === undefined,
  },
  {
    name: 'unknown-methods',
    sides: ['workerd'],
    reason: 'The platform knows a fixed list of methods and answers 501 to any other before a worker is called.',
    covers: (_, { method }) => !KNOWN_METHODS.has(method),
  },
  {
    name: 'refused-targets',
    sides: ['workerd'],
    reason:
      'The platform answers 400 to a target that is no URL path, before a worker is called; of an absolute one the worker ' +
      'sees the Host header.',
    covers: (_, { target, headers }) =>
      !/^\/[^<>`\s]*$/.test(target) || headers.some(([name, value]) => /^host$/i.test(name) && !isUrlHost(value)),
  },
  {
    name: 'encoded-by-the-url-parser',
    sides: ['workerd'],
    reason:
      'The WHATWG parser of the platform percent-encodes these characters in the path and quotes in the query, of a target ' +
      'that came and of one that a rewrite has made; it resolves dot segments also where normalisation is off or has ' +
      'left them, and turns a backslash into a slash.',
    covers: ({ what, engine }, { target }) => isReworded(target) || (what === 'target' && isReworded(engine)),
  },
  {
    name: 'no-leading-slash',
    sides: ['workerd'],
    reason: 'A rewrite may leave a path without its leading slash: Envoy sends that, a fetch puts the slash back.',
    covers: ({ what, engine }) => what === 'target' && !engine.startsWith('/'),
  },
  {
    name: 'empty-headers',
    sides: ['workerd'],
    reason:
      'To the platform some well-known headers (Origin, Cookie, User-Agent) are not there when they have no value.',
    covers: (_, { headers }) => headers.some(([name, value]) => KNOWN_HEADERS.test(name) && value.trim() === ''),
  },
];

function isReworded(target: string): boolean {
  return /["^{}|\\\x80-\xff]|\?.*'|\/(?:\.|%2e){1,2}(?:[/?]|$)/i.test(target);
}

const KNOWN_HEADERS = /^(?:origin|cookie|user-agent)$/i;

/** What workerd's HTTP parser takes. */
const KNOWN_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND']);

function isUrlHost(value: string): boolean {
  return URL.canParse(`http://${value}/`);
}
