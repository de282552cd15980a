/** The Cloudflare entry: one edge an isolate, fed from the KV namespace bound as CONFIG. */
import { Edge } from './edge.ts';
import { type KvBinding, kvPieces } from './kv-pieces.ts';
import { logProblem } from './log.ts';
import type { Bindings, PlatformRequest, RequestContext } from './runtime.ts';

type WorkerEnv = Bindings & { readonly CONFIG: KvBinding };

let edge: Edge | undefined;

/** Variables and bindings are first there with a request. */
async function createEdge(env: WorkerEnv): Promise<Edge> {
  edge = await Edge.create(env, kvPieces(env.CONFIG));
  return edge;
}

function handle(request: PlatformRequest, env: WorkerEnv, context: RequestContext): Response | Promise<Response> {
  if (edge !== undefined) return edge.handle(request, context);
  return createEdge(env)
    .then((created) => created.handle(request, context))
    .catch(refuse);
}

/** A worker that is set up wrongly, or a bug: refused, with the reason in the log only. */
function refuse(error: unknown): Response {
  logProblem('the edge cannot serve', error instanceof Error ? (error.stack ?? error.message) : String(error));
  return new Response(null, { status: 503 });
}

export default {
  fetch(request: PlatformRequest, env: WorkerEnv, context: RequestContext): Response | Promise<Response> {
    try {
      const response = handle(request, env, context);
      return response instanceof Promise ? response.catch(refuse) : response;
    } catch (error) {
      return refuse(error);
    }
  },
};
