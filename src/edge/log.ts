import type { LocalReply } from '../engine/decision.ts';
import type { EdgeFacts } from './facts.ts';

/** One line of JSON; never a header's value, a token or a query. */
export function logRefusal(reply: LocalReply, facts: EdgeFacts, cluster: string | undefined): void {
  console.warn(
    JSON.stringify({
      message: 'refused',
      status: reply.status,
      flag: reply.flag,
      details: reply.details,
      why: reply.why,
      cluster,
      method: facts.method,
      authority: facts.authority,
      path: facts.rawPath.slice(0, 256),
    }),
  );
}

export function logProblem(message: string, why: string): void {
  console.error(JSON.stringify({ message, why }));
}
