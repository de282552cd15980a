import type { LocalReply } from '../engine/decision.ts';
import { renderReply } from '../engine/render-reply.ts';
import type { EdgeFacts } from './facts.ts';

/** A local reply as a response; undefined serverHeader: nothing is known yet of the mesh. */
export function replyResponse(
  reply: LocalReply,
  facts: EdgeFacts,
  serverHeader: string | undefined,
): Response | Promise<Response> {
  if (reply.delayMs > 0) {
    const delayed = delay(reply.delayMs);
    return (facts.exchange?.stage('delay fault', delayed) ?? delayed).then(() => ended(reply, facts, serverHeader));
  }
  return ended(reply, facts, serverHeader);
}

function ended(reply: LocalReply, facts: EdgeFacts, serverHeader: string | undefined): Response {
  const response = toResponse(reply, facts, serverHeader);
  facts.exchange?.ended(response);
  return response;
}

export function delay(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

function toResponse(reply: LocalReply, facts: EdgeFacts, serverHeader: string | undefined): Response {
  const { status, headers, body } = renderReply(reply, facts);
  const response = new Response(hasNoBody(status) ? null : body, { status: presentable(status) });
  for (const [name, value] of headers) response.headers.append(name, value);
  // A string body brings its own type unless the reply names one.
  if (body === null || typeof body !== 'string') {
    if (!headers.some(([name]) => name === 'content-type')) response.headers.delete('content-type');
  } else {
    response.headers.set('content-type', headers.find(([name]) => name === 'content-type')?.[1] ?? 'text/plain');
  }
  reply.mutateResponse?.(response.headers);
  if (serverHeader !== undefined) response.headers.set('server', serverHeader);
  return response;
}

/** "Null body status", https://fetch.spec.whatwg.org/#null-body-status. */
function hasNoBody(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

/** The Fetch API makes responses from 200 to 599 only. */
function presentable(status: number): number {
  return status >= 200 && status <= 599 ? status : 500;
}
