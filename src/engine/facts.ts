/** What the engine knows of a request. Headers are read lazily; path and query are split once. */
export interface RequestFacts {
  /** Case-sensitive, as sent. */
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** `:authority` / Host as sent, port included. */
  readonly authority: string;
  /** Gateway server port on which the request is taken to arrive. */
  readonly port: number;
  /** Request target before `?`, as the platform shows it. */
  readonly rawPath: string;
  /** After the first `?`, without it; undefined when there is no `?`. */
  readonly query: string | undefined;
  /** Value of a header by lower-case name; duplicates joined by `,` (cookies by `; `); null when absent. */
  header(name: string): string | null;
  /** The direct peer of the gateway: at the edge the client that the platform names. */
  readonly peerAddress: string;
  /** The original client after trusted proxies; equals `peerAddress` when there are none. */
  readonly clientAddress: string;
  readonly sni: string | undefined;
  /** From a verified client certificate; undefined without one. */
  readonly peer: PeerIdentity | undefined;
}

/** Identity of a caller that presented a certificate of the mesh. */
export interface PeerIdentity {
  /** `<trust domain>/ns/<ns>/sa/<sa>`, without `spiffe://`. */
  readonly principal: string;
  readonly trustDomain: string;
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** Lower-case host of an authority without its port; IPv6 literals keep their brackets. */
export function hostOfAuthority(authority: string): string {
  const colon = authority.lastIndexOf(':');
  const host = colon > authority.lastIndexOf(']') ? authority.slice(0, colon) : authority;
  return host.toLowerCase();
}

/** Port of an authority as sent; undefined when it names none. */
export function portOfAuthority(authority: string): number | undefined {
  const colon = authority.lastIndexOf(':');
  if (colon <= authority.lastIndexOf(']')) return undefined;
  const port = Number(authority.slice(colon + 1));
  return Number.isInteger(port) && port > 0 && port <= 65_535 ? port : undefined;
}
