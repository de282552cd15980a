import type { EdgeFacts } from './facts.ts';

export type RequestBody = ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>;

/** The body to send on, never read here; null when the request has none. */
export function requestBody(facts: EdgeFacts): RequestBody | null {
  if (facts.body !== undefined) return facts.body;
  return mayHaveBody(facts) ? facts.request.body : null;
}

/**
 * No request of these methods can be made with a body (Fetch standard): one that has come with it goes on in the
 * platform's own request, which must not have been read from.
 */
export function isBodyBound(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** Asking the headers is several times cheaper than asking the runtime for a stream. */
export function mayHaveBody(facts: EdgeFacts): boolean {
  if (!isBodyBound(facts.method)) return true;
  const { headers } = facts;
  const length = headers.get('content-length');
  return length === null ? headers.has('transfer-encoding') : length !== '0';
}

/** The fetch options of a body; streams have to say that they are sent while the answer is read. */
export function bodyInit(body: RequestBody | null): { body?: RequestBody; duplex?: 'half' } {
  return body === null ? {} : { body, duplex: 'half' };
}
