import type { IncomingMessage, ServerResponse } from 'node:http';

const BODY = 'upstream request timeout';

/** Envoy's route timeout: from the end of the request to the end of the response; 0: none. Call before stamping. */
export function keepTime(timeoutMs: number, request: IncomingMessage, response: ServerResponse): void {
  if (timeoutMs <= 0) return;
  const writeHead = response.writeHead.bind(response);
  const end = (): void => {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    writeHead(504, { server: 'istio-envoy', 'content-type': 'text/plain', 'content-length': BODY.length });
    response.end(BODY);
  };
  request.once('end', () => {
    const timer = setTimeout(end, timeoutMs);
    response.once('close', () => clearTimeout(timer));
  });
}
