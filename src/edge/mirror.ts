import type { Mirror } from '../engine/config.ts';
import { hostOfAuthority } from '../engine/facts.ts';
import type { ServingConfig } from '../engine/serving.ts';
import type { EdgeParts } from './edge-parts.ts';
import type { EdgeFacts } from './facts.ts';
import { contentLength } from './native-pipe.ts';
import { isBodyBound } from './request-body.ts';
import type { RequestContext } from './runtime.ts';
import { type Outgoing, send } from './send.ts';

/** A copy of a body waits in memory until the slower reader has it: only what is known to be small is copied. */
const MAX_MIRRORED_BODY_BYTES = 256 * 1024;

interface MirrorContext {
  readonly edge: EdgeParts;
  readonly facts: EdgeFacts;
  readonly serving: ServingConfig;
  readonly context: RequestContext;
}

/** Sends copies of the request, whose answers nobody waits for; returns what is left to send itself. */
export function withMirrors(outgoing: Outgoing, mirrors: readonly Mirror[], around: MirrorContext): Outgoing {
  let { body } = outgoing;
  const lengthBytes = body instanceof Uint8Array ? body.length : contentLength(around.facts.headers);
  if (body !== null && (lengthBytes === undefined || lengthBytes > MAX_MIRRORED_BODY_BYTES)) return outgoing;
  for (const mirror of mirrors) {
    let copy = isBodyBound(outgoing.method) ? null : body;
    if (copy instanceof ReadableStream && body instanceof ReadableStream) [body, copy] = body.tee();
    around.context.waitUntil(sendCopy({ ...outgoing, body: copy }, mirror, around));
  }
  return { ...outgoing, body };
}

async function sendCopy(outgoing: Outgoing, mirror: Mirror, { edge, serving, context }: MirrorContext): Promise<void> {
  const cluster = serving.cluster(mirror.cluster);
  const upstream = cluster?.state === 'ready' ? edge.links.upstreamsOf(cluster, edge.random)[0] : undefined;
  if (upstream === undefined) {
    if (outgoing.body instanceof ReadableStream) await outgoing.body.cancel();
    return;
  }
  const copy: Outgoing = {
    ...outgoing,
    headers: new Headers(outgoing.headers),
    claims: { ...outgoing.claims, dst: mirror.cluster, auth: shadowAuthority(outgoing.claims.auth) },
    signal: undefined,
  };
  try {
    const response = await send(copy, upstream, edge.passes, context);
    await response.body?.cancel();
  } catch {
    // Fire and forget: a mirror that fails is nobody's failure.
  }
}

/** Envoy: `-shadow` is appended to the host, before the port. */
function shadowAuthority(authority: string): string {
  const host = authority.slice(0, hostOfAuthority(authority).length);
  return `${host}-shadow${authority.slice(host.length)}`;
}
