import type { Headers as HeaderBag } from '../engine/header-bag.ts';
import type { UpgradedResponse } from './runtime.ts';

const SERVICE_TIME = 'x-envoy-upstream-service-time';

export interface Stamp {
  readonly serverHeader: string;
  readonly startedMs: number;
  nowMs(): number;
  readonly mutateResponse: ((headers: HeaderBag, status: number) => void) | undefined;
  /** A gateway has stamped its response as Envoy does. */
  readonly isGateway: boolean;
}

/** The upstream's response as the client gets it. Bodies, upgrades and statuses are passed on as they are. */
export function respond(response: Response, stamp: Stamp): Response {
  const { serverHeader, mutateResponse } = stamp;
  const isStamped = stamp.isGateway && isStampedBy(response, serverHeader);
  if (isStamped && mutateResponse === undefined) return response;
  if (response.status > 599) return response;
  // Outside Workers the answer to an upgrade is known to the runtime as the very object that it is.
  const isOwnUpgrade = response.status === 101 && (response as UpgradedResponse).webSocket === undefined;
  const own = isOwnUpgrade ? response : new Response(response.body, responseInit(response));
  const { headers } = own;
  if (!isStamped) headers.set(SERVICE_TIME, String(Math.max(0, stamp.nowMs() - stamp.startedMs)));
  mutateResponse?.(headers, response.status);
  // Last, as Envoy's connection manager does it: no route can change it.
  headers.set('server', serverHeader);
  return own;
}

/**
 * Building a response anew costs as much as all the rest of the edge: a gateway's own is passed on untouched. What it
 * has proxied has its service time; its own refusals have none, here as in Envoy.
 */
function isStampedBy(response: Response, serverHeader: string): boolean {
  return response.headers.get('server') === serverHeader;
}

function responseInit(response: UpgradedResponse): ResponseInit {
  if (response.webSocket === undefined || response.webSocket === null) return response;
  const { status, statusText, headers, webSocket } = response;
  return { status, statusText, headers, webSocket } as ResponseInit;
}
