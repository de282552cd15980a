import type { RequestFacts } from '../facts.ts';
import type { JwtRuleConfig } from '../policy-config.ts';
import { findQueryToken } from './query-token.ts';

/** A token as found in a request, and what has to go when it is not to be forwarded. */
export interface FoundToken {
  readonly value: string;
  readonly header?: string;
  readonly param?: string;
}

/** The parts of a request that may hold tokens. */
export type TokenSource = Pick<RequestFacts, 'header' | 'query'>;

type Finder = (facts: TokenSource) => FoundToken | undefined;

export interface TokenLocations {
  /** In the order in which the tokens are verified; undefined when there is none. */
  find(facts: TokenSource): readonly FoundToken[] | undefined;
}

const DEFAULT_HEADER = { name: 'authorization', prefix: 'Bearer ' };
const DEFAULT_PARAM = 'access_token';

/**
 * Envoy lists headers, parameters and cookies, each sorted by name, and verifies from the end of the list: where a
 * rule finds several tokens, all must be good, and the claims of the first listed are those that stay.
 */
export function prepareLocations(rule: JwtRuleConfig): TokenLocations {
  const isDefault = rule.fromHeaders.length + rule.fromParams.length + rule.fromCookies.length === 0;
  const headers = new Map<string, Finder>();
  for (const { name, prefix } of isDefault ? [DEFAULT_HEADER] : rule.fromHeaders) {
    const lowerName = name.toLowerCase();
    headers.set(lowerName + prefix, headerFinder(lowerName, prefix));
  }
  const params = new Map((isDefault ? [DEFAULT_PARAM] : rule.fromParams).map((name) => [name, paramFinder(name)]));
  const cookies = new Map(rule.fromCookies.map((name) => [name, cookieFinder(name)]));
  const finders = [...lastFirst(cookies), ...lastFirst(params), ...lastFirst(headers)];
  return {
    find(facts) {
      let found: FoundToken[] | undefined;
      for (const finder of finders) {
        const token = finder(facts);
        if (token === undefined) continue;
        if (found === undefined) found = [token];
        else found.push(token);
      }
      return found;
    },
  };
}

function lastFirst(finders: ReadonlyMap<string, Finder>): Finder[] {
  return [...finders].sort(([a], [b]) => (a < b ? 1 : -1)).map(([, finder]) => finder);
}

const TOKEN_START = /[A-Za-z0-9_.-]/g;

/**
 * The prefix may stand anywhere in the value; the token starts at the next character that can be part of one, and
 * is all the rest, so that whatever is appended to a good token spoils it (Envoy 1.40; earlier it was cut off).
 */
function headerFinder(name: string, prefix: string): Finder {
  return (facts) => {
    const value = facts.header(name);
    if (value === null) return undefined;
    if (prefix === '') return { value, header: name };
    const at = value.indexOf(prefix);
    if (at === -1) return undefined;
    TOKEN_START.lastIndex = at + prefix.length;
    const start = TOKEN_START.exec(value)?.index;
    return { value: start === undefined ? value : value.slice(start), header: name };
  };
}

function paramFinder(name: string): Finder {
  return (facts) => {
    if (facts.query === undefined) return undefined;
    const value = findQueryToken(facts.query, name);
    return value === undefined ? undefined : { value, param: name };
  };
}

function cookieFinder(name: string): Finder {
  const start = `${name}=`;
  return (facts) => {
    const header = facts.header('cookie');
    if (header === null || !header.includes(start)) return undefined;
    for (const part of header.split(';')) {
      const pair = part.trimStart();
      if (!pair.startsWith(start)) continue;
      const value = pair.slice(start.length).trimEnd();
      const isQuoted = value.length >= 2 && value.startsWith('"') && value.endsWith('"');
      return { value: isQuoted ? value.slice(1, -1) : value };
    }
    return undefined;
  };
}
