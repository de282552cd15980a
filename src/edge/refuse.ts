import { logProblem } from './log.ts';

/** A worker that is set up wrongly, or a bug: refused, with the reason in the log only. */
export function refuse(error: unknown): Response {
  logProblem('the edge cannot serve', error instanceof Error ? (error.stack ?? error.message) : String(error));
  return new Response(null, { status: 503 });
}
