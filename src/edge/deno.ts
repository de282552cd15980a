/**
 * The Deno entry: the same edge, fed from Deno KV or a folder.
 *
 *     GATEWAY_PORT=80 ADMIN_TOKEN=… deno serve -A --unstable-kv --host 0.0.0.0 --port 8080 src/edge/deno.ts
 *     CLOUDFLARE_API_TOKEN=$ADMIN_TOKEN foresail push mesh/ --store kv --namespace-id deno \
 *       --api-base http://127.0.0.1:8080/_foresail
 *
 * Environment: the variables of wrangler.toml, and FORESAIL_STORE: `kv` (DENO_KV_PATH names its file or URL) or
 * `folder:PATH`, into which `foresail push --store folder:PATH` writes directly.
 */
import { DenoPublishing } from './deno-publishing.ts';
import { deno, type ServeInfo } from './deno-runtime.ts';
import { openDenoStore, snapshotIn, watchRoot } from './deno-snapshot.ts';
import { denoTransports } from './deno-transport.ts';
import { Edge } from './edge.ts';
import type { PlatformRequest, RequestContext } from './runtime.ts';
import { readSettings } from './settings.ts';

const vars = deno.env.toObject();
const store = await openDenoStore(vars);
const edge = await Edge.create(vars, snapshotIn(store), denoTransports());
const { admin } = readSettings(vars);
const publishing = admin === undefined ? undefined : new DenoPublishing(admin, store);
void watchRoot(store, () => void edge.refresh());

/** The process lives on by itself. */
const context: RequestContext = { waitUntil: (work) => void work.catch(() => {}) };

export default {
  fetch(request: Request, { remoteAddr }: ServeInfo): Response | Promise<Response> {
    const url = URL.parse(request.url);
    if (url === null) return new Response(null, { status: 400 });
    if (publishing?.isFor(url)) return publishing.answer(request);
    url.hash = '';
    return edge.handle(request as PlatformRequest, context, {
      url: url.href,
      clientAddress: plain(remoteAddr.hostname),
    });
  },
};

/** A dual-stack socket shows IPv4 as `::ffff:192.0.2.1`; a Unix socket has no address. */
function plain(hostname: string | undefined): string {
  return hostname?.replace(/^::ffff:(?=\d+\.)/, '') ?? '127.0.0.1';
}
