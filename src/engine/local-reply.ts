import { NOTHING_OBSERVED } from './authorize/verdict.ts';
import type { LocalReply } from './decision.ts';
import type { ConfigOrigin } from './values.ts';

/** A reply of the engine's own; what is not said has its plain default. */
export function localReply(reply: Partial<LocalReply> & Pick<LocalReply, 'status' | 'details'>): LocalReply {
  return {
    kind: 'reply',
    body: '',
    headers: [],
    flag: '-',
    origin: undefined,
    delayMs: 0,
    routeName: '',
    mutateResponse: undefined,
    observed: NOTHING_OBSERVED,
    ...reply,
  };
}

/** 404 with an empty body: the only answer to a request that no route takes (ISTIO.md 1.12). */
export function routeNotFound(why: string, origin?: ConfigOrigin): LocalReply {
  return localReply({ status: 404, details: 'route_not_found', flag: 'NR', why, origin });
}
