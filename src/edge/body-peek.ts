import type { RequestFacts } from '../engine/facts.ts';
import { EdgeFacts } from './facts.ts';
import { isBodyBound, requestBody } from './request-body.ts';

export interface PeekedBody {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** There is more of it than was wanted. */
  readonly isPartial: boolean;
}

/** The beginning of a body for an authorizer; afterwards the facts hold a body that has all of it again. */
export async function peekBody(
  facts: RequestFacts,
  limits: { readonly maxBytes: number; readonly allowPartial: boolean } | undefined,
): Promise<PeekedBody | 'too-large' | undefined> {
  if (limits === undefined || !(facts instanceof EdgeFacts) || isBodyBound(facts.method)) return undefined;
  const body = requestBody(facts);
  if (body === null) return undefined;
  if (body instanceof Uint8Array)
    return { bytes: body.slice(0, limits.maxBytes), isPartial: body.length > limits.maxBytes };
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let lengthBytes = 0;
  let isDone = false;
  while (lengthBytes <= limits.maxBytes && !isDone) {
    const { value, done } = await reader.read();
    isDone = done;
    if (value === undefined) continue;
    chunks.push(value);
    lengthBytes += value.length;
  }
  const read = joined(chunks, lengthBytes);
  if (!isDone && !limits.allowPartial) {
    await reader.cancel();
    return 'too-large';
  }
  facts.body = isDone ? read : startingWith(read, reader);
  return { bytes: read.slice(0, limits.maxBytes), isPartial: lengthBytes > limits.maxBytes };
}

function joined(chunks: readonly Uint8Array[], lengthBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(lengthBytes);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function startingWith(first: Uint8Array, rest: ReadableStreamDefaultReader<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(first),
    pull: async (controller) => {
      const { value, done } = await rest.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => rest.cancel(reason),
  });
}
