import type { RuntimeName } from './runtime.ts';

/** All in which the runtimes differ, each forced upon the edge, with the reason. Anything else is a bug. */
export const DIFFERENCES = {
  'the body of a GET is lost': {
    Deno: 'Deno.serve shows no body of a GET or HEAD request',
    Node: 'a Request cannot be made with a body and one of these methods (Fetch standard)',
  },
  'a gateway is sent the URL’s host': {
    workerd: 'Workers send the Host of the URL; the edge pass tells the gateway the real one',
  },
  'a large upload to a route with a timeout is sent chunked': {
    Deno: 'its fetch drops the Content-Length of streams made in JavaScript; up to 64 KiB the edge sends the body whole',
  },
  'compressed bodies are passed on decoded': {
    Deno: 'its fetch decodes gzip and br and cannot be told not to',
  },
  'a refused upgrade is a 503': {
    Deno: 'its WebSocket client says that the handshake failed, not with which answer',
  },
  'requests without Accept-Language get one': {
    Deno: 'its fetch adds `accept-language: *`, and cannot be told not to',
  },
} as const satisfies Readonly<Record<string, Partial<Record<RuntimeName, string>>>>;

export function differs(difference: keyof typeof DIFFERENCES, runtime: RuntimeName): boolean {
  return runtime in DIFFERENCES[difference];
}
