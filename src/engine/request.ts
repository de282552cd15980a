import { ConnectionHeaders } from './connection-headers.ts';
import type { RequestFacts } from './facts.ts';
import type { VerifiedToken } from './jwt/token.ts';
import { queryValue } from './query.ts';

/** A request on its way through the stages: the facts, and what earlier stages found out. */
export class EngineRequest {
  readonly facts: RequestFacts;
  /** Normalised, without query. */
  readonly path: string;
  query: string | undefined;
  /** Set once tokens have been verified and one was found. */
  token: VerifiedToken | undefined = undefined;
  /** What stages so far have made of headers: the value that later stages see; undefined leaves the request's own. */
  headerOverride: ((name: string) => string | null | undefined) | undefined = undefined;
  readonly connection: ConnectionHeaders;
  #lowerPath: string | undefined;

  constructor(facts: RequestFacts, path: string, newRequestId: () => string) {
    this.facts = facts;
    this.path = path;
    this.query = facts.query;
    this.connection = new ConnectionHeaders(facts, newRequestId);
  }

  get lowerPath(): string {
    this.#lowerPath ??= this.path.toLowerCase();
    return this.#lowerPath;
  }

  /** Path and query, as Envoy's `:path`. */
  get target(): string {
    return this.query === undefined ? this.path : `${this.path}?${this.query}`;
  }

  /** A header or pseudo-header by lower-case name; null when absent. */
  header(name: string): string | null {
    // In HTTP/2 terms, in which Envoy thinks, Host is the authority.
    if (name === 'host') return this.facts.authority;
    if (name.charCodeAt(0) !== 58 /* : */) {
      let override = this.headerOverride?.(name);
      if (override === undefined) override = this.connection.override(name);
      return override === undefined ? this.facts.header(name) : override;
    }
    switch (name) {
      case ':method':
        return this.facts.method;
      case ':authority':
        return this.facts.authority;
      case ':path':
        return this.target;
      case ':scheme':
        return this.facts.scheme;
      default:
        return null;
    }
  }

  queryParam(name: string): string | null {
    return this.query === undefined ? null : queryValue(this.query, name);
  }
}
