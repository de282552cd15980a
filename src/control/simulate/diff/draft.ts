import type { PeerIdentity } from '../../../engine/facts.ts';
import type { RequestDescription } from '../request.ts';

/** A request that is being made up, field by field. */
export interface Draft {
  port: number;
  tls: boolean;
  host: string;
  method: string;
  path: string;
  readonly query: Map<string, string>;
  readonly headers: Map<string, string>;
  /** Claims of the token that is sent; undefined: none is. */
  claims: Record<string, unknown> | undefined;
  /** Where the token goes: `header:NAME:PREFIX`, `param:NAME`, `cookie:NAME`. */
  tokenPlace: string;
  from: string;
  peer: PeerIdentity | undefined;
}

export type DraftBase = Pick<Draft, 'port' | 'tls' | 'host'>;

export const BEARER = 'header:authorization:Bearer ';

export function newDraft({ port, tls, host }: DraftBase): Draft {
  return {
    port,
    tls,
    host,
    method: 'GET',
    path: '/',
    query: new Map(),
    headers: new Map(),
    claims: undefined,
    tokenPlace: BEARER,
    from: '198.51.100.1',
    peer: undefined,
  };
}

/** One thing that a rule asks of a request: how to meet it, and how to just miss it. */
export interface Constraint {
  set(draft: Draft, value: string | undefined): void;
  /** The first is taken where nothing is varied; undefined: the field stays absent. */
  readonly fits: readonly (string | undefined)[];
  readonly misses: readonly (string | undefined)[];
}

/** The request that meets all constraints, then those that differ from it in one. */
export function variations(base: DraftBase, constraints: readonly Constraint[], isThorough: boolean): Draft[] {
  const make = (varied?: Constraint, value?: string): Draft => {
    const draft = newDraft(base);
    for (const constraint of constraints) constraint.set(draft, constraint === varied ? value : constraint.fits[0]);
    return draft;
  };
  const drafts = [make()];
  if (!isThorough) return drafts;
  for (const constraint of constraints) {
    for (const value of [...constraint.fits.slice(1), ...constraint.misses]) drafts.push(make(constraint, value));
  }
  return drafts;
}

/** The draft as a request; the token, when there is one, is made by `sign`. */
export async function toRequest(
  draft: Draft,
  sign: (claims: Readonly<Record<string, unknown>>) => Promise<string>,
): Promise<RequestDescription> {
  const { port, tls, host, method, path, from, peer } = draft;
  const headers = new Map(draft.headers);
  const query = new Map(draft.query);
  if (draft.claims !== undefined) {
    const token = await sign(draft.claims);
    const [kind, name = '', ...prefix] = draft.tokenPlace.split(':');
    if (kind === 'header') headers.set(name, prefix.join(':') + token);
    else if (kind === 'param') query.set(name, token);
    else headers.set('cookie', `${name}=${token}`);
  }
  const pairs = [...query].map(([name, value]) => `${name}=${value}`).join('&');
  return {
    method,
    url: `${tls ? 'https' : 'http'}://${host}${path}${pairs === '' ? '' : `?${pairs}`}`,
    headers: Object.fromEntries(headers),
    from,
    gatewayPort: port,
    peer,
  };
}
