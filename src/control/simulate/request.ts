import type { PeerIdentity, RequestFacts } from '../../engine/facts.ts';
import { HeaderList } from './header-list.ts';

/** A request as a case file or a command line describes it. */
export interface RequestDescription {
  readonly method?: string | undefined;
  /** Absolute URL; its host is the authority unless a `host` header is given. */
  readonly url: string;
  /** Several values of one name as a list. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** The client's address. */
  readonly from?: string | undefined;
  /** Gateway server port; by default the URL's own. */
  readonly gatewayPort?: number | undefined;
  readonly peer?: PeerIdentity | undefined;
}

/** The facts that the edge would see. The path is taken as written: no URL parser tidies it up. */
export function factsOf(description: RequestDescription): RequestFacts {
  const parts = /^(https?):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?/i.exec(description.url);
  if (parts === null) throw new TypeError(`not an absolute http or https URL: ${description.url}`);
  const [, scheme = 'http', urlAuthority = '', path = '', query] = parts;
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(description.headers ?? {})) {
    const key = name.toLowerCase();
    const joined = typeof value === 'string' ? value : value.join(key === 'cookie' ? '; ' : ',');
    headers.set(key, joined);
  }
  const authority = headers.get('host') ?? urlAuthority;
  headers.delete('host');
  const from = description.from ?? '127.0.0.1';
  const isTls = scheme.toLowerCase() === 'https';
  return {
    method: description.method ?? 'GET',
    scheme: isTls ? 'https' : 'http',
    authority,
    port: description.gatewayPort ?? portOf(urlAuthority) ?? (isTls ? 443 : 80),
    rawPath: path === '' ? '/' : path,
    query,
    header: (name) => headers.get(name) ?? null,
    peerAddress: from,
    clientAddress: from,
    sni: isTls ? authority.replace(/:\d+$/, '') : undefined,
    peer: description.peer,
  };
}

/** Every header of the description, for building the message that goes upstream. */
export function headersOf(description: RequestDescription): HeaderList {
  const headers = new HeaderList();
  for (const [name, value] of Object.entries(description.headers ?? {})) {
    for (const one of typeof value === 'string' ? [value] : value) headers.append(name, one);
  }
  return headers;
}

function portOf(authority: string): number | undefined {
  const match = /:(\d+)$/.exec(authority);
  return match === null ? undefined : Number(match[1]);
}
