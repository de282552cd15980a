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
    observed: NOTHING_OBSERVED,
    ...reply,
    mutateResponse: besideContentType(reply.mutateResponse, (reply.body ?? '').length > 0),
  };
}

/**
 * Envoy says what the body is only after all operations, and only where they have not; without a body nothing is said
 * of it. gRPC's own content type always stands.
 */
function besideContentType(mutate: LocalReply['mutateResponse'], hasBody: boolean): LocalReply['mutateResponse'] {
  if (mutate === undefined) return undefined;
  return (headers) => {
    const own = headers.get('content-type');
    headers.delete('content-type');
    mutate(headers);
    if (own?.startsWith('application/grpc')) return headers.set('content-type', own);
    if (!hasBody) headers.delete('content-type');
    else if (own !== null && headers.get('content-type') === null) headers.set('content-type', own);
  };
}

/** 404 with an empty body: the only answer to a request that no route takes (ISTIO.md 1.12). */
export function routeNotFound(why: string, origin?: ConfigOrigin): LocalReply {
  return localReply({ status: 404, details: 'route_not_found', flag: 'NR', why, origin });
}
