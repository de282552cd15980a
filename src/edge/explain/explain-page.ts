import type { RootVerifier } from '../../snapshot/sign.ts';
import type { EdgeParts } from '../edge-parts.ts';
import type { EdgeFacts } from '../facts.ts';
import { readAsked } from './asked-request.ts';
import { isDebugToken } from './debug-token.ts';
import { explainRequest, factsOfAsked } from './explain-request.ts';
import { EXPLAIN_PATH } from './live-explanation.ts';

/** Explains to who holds a debug token. For everyone else it is not there: the mesh has the path. */
export class ExplainPage {
  readonly #edge: EdgeParts;
  readonly #key: RootVerifier;

  constructor(edge: EdgeParts, key: RootVerifier) {
    this.#edge = edge;
    this.#key = key;
  }

  /** Cheap: every request is asked. */
  mayBeFor(facts: EdgeFacts): boolean {
    return facts.rawPath === EXPLAIN_PATH && (facts.method === 'GET' || facts.method === 'POST');
  }

  async isFor(facts: EdgeFacts): Promise<boolean> {
    const token = /^Bearer (\S+)$/i.exec(facts.headers.get('authorization') ?? '')?.[1];
    return token !== undefined && isDebugToken(token, this.#key, this.#edge.settings.mesh, this.#edge.nowMs());
  }

  async answer({ request, query }: EdgeFacts): Promise<Response> {
    const asked = await readAsked(request, query);
    if (typeof asked === 'string') return problem(400, asked);
    let facts: EdgeFacts;
    try {
      facts = factsOfAsked(asked);
    } catch (error) {
      return problem(400, `no such request can be made: ${error instanceof Error ? error.message : String(error)}`);
    }
    const { reader } = this.#edge;
    if (!reader.ready(facts.host)) await reader.load(facts.host);
    const serving = reader.current;
    if (serving === undefined || !reader.ready(facts.host)) {
      return problem(503, reader.status().problem?.message ?? 'there is no configuration yet');
    }
    return json(200, await explainRequest(this.#edge, serving, asked, facts));
  }
}

function problem(status: number, text: string): Response {
  return json(status, { problem: text });
}

function json(status: number, body: unknown): Response {
  return Response.json(body, { status, headers: { 'cache-control': 'no-store' } });
}
