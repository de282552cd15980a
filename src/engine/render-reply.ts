import type { LocalReply } from './decision.ts';
import type { RequestFacts } from './facts.ts';

export interface RenderedReply {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Null: no body at all. */
  readonly body: string | Uint8Array<ArrayBuffer> | null;
}

/** A local reply as Envoy puts it on the wire; a gRPC request gets it in gRPC's form (trailers-only, HTTP 200). */
export function renderReply(reply: LocalReply, facts: RequestFacts): RenderedReply {
  if (isGrpc(facts) && reply.details !== 'direct_response') {
    const message = typeof reply.body === 'string' ? reply.body : '';
    return {
      status: 200,
      headers: [
        ...reply.headers.filter(([name]) => name !== 'content-type'),
        ['content-type', 'application/grpc'],
        ['grpc-status', String(reply.grpcStatus ?? grpcStatusOf(reply.status))],
        ...(message === '' ? [] : [['grpc-message', encodeURI(message)] as const]),
      ],
      body: null,
    };
  }
  if (reply.body.length === 0) return { status: reply.status, headers: reply.headers, body: null };
  const typed = reply.headers.some(([name]) => name === 'content-type');
  return {
    status: reply.status,
    headers: typed ? reply.headers : [...reply.headers, ['content-type', 'text/plain']],
    body: facts.method === 'HEAD' ? null : reply.body,
  };
}

function isGrpc(facts: RequestFacts): boolean {
  const type = facts.header('content-type');
  return type !== null && (type === 'application/grpc' || type.startsWith('application/grpc+'));
}

/** gRPC's "HTTP to gRPC Status Code Mapping". */
function grpcStatusOf(status: number): number {
  switch (status) {
    case 400:
      return 13;
    case 401:
      return 16;
    case 403:
      return 7;
    case 404:
      return 12;
    case 429:
    case 502:
    case 503:
    case 504:
      return 14;
    default:
      return 2;
  }
}
