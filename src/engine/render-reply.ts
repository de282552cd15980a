import type { LocalReply } from './decision.ts';
import type { RequestFacts } from './facts.ts';

export interface RenderedReply {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Null: no body at all. */
  readonly body: string | Uint8Array<ArrayBuffer> | null;
}

/** Answers to preflights and of the codec are the same for every caller. */
const PLAIN_REPLIES: ReadonlySet<string> = new Set(['cors_response', 'http1.codec_error']);

/** A local reply as Envoy puts it on the wire; a gRPC request gets it in gRPC's form (trailers-only, HTTP 200). */
export function renderReply(reply: LocalReply, facts: RequestFacts): RenderedReply {
  if (isGrpc(facts) && !PLAIN_REPLIES.has(reply.details)) {
    return {
      status: 200,
      headers: [
        ...reply.headers.filter(([name]) => name !== 'content-type'),
        ['content-type', 'application/grpc'],
        ['grpc-status', String(reply.grpcStatus ?? grpcStatusOf(reply.status))],
        ...(reply.body.length === 0 || facts.method === 'HEAD'
          ? []
          : [['grpc-message', grpcMessage(reply.body)] as const]),
      ],
      body: null,
    };
  }
  if (reply.body.length === 0) return { status: reply.status, headers: reply.headers, body: null };
  const typed = reply.headers.some(([name]) => name === 'content-type');
  return {
    status: reply.status,
    headers: typed ? reply.headers : [...reply.headers, ['content-type', 'text/plain']],
    body: facts.method === 'HEAD' || reply.status === 204 || reply.status === 304 ? null : reply.body,
  };
}

function isGrpc(facts: RequestFacts): boolean {
  const type = facts.header('content-type');
  return type !== null && (type === 'application/grpc' || type.startsWith('application/grpc+'));
}

/** gRPC's "Status-Message": printable ASCII as it is, all else and `%` percent-encoded bytes. */
function grpcMessage(body: string | Uint8Array): string {
  let encoded = '';
  for (const byte of typeof body === 'string' ? new TextEncoder().encode(body) : body) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    encoded += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
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
