/** The Cloudflare entry: one edge an isolate, fed from the KV namespace bound as CONFIG. */
import { Edge } from './edge.ts';
import { type KvBinding, kvPieces } from './kv-pieces.ts';
import { refuse } from './refuse.ts';
import type { Bindings, PlatformRequest, RequestContext } from './runtime.ts';

type WorkerEnv = Bindings & { readonly CONFIG: KvBinding };

let edge: Edge | undefined;

/** Variables and bindings are first there with a request. */
async function createEdge(env: WorkerEnv): Promise<Edge> {
  edge = await Edge.create(env, kvPieces(env.CONFIG));
  return edge;
}

export default {
  fetch(request: PlatformRequest, env: WorkerEnv, context: RequestContext): Response | Promise<Response> {
    if (edge !== undefined) return edge.handle(request, context);
    return createEdge(env)
      .then((created) => created.handle(request, context))
      .catch(refuse);
  },
};
