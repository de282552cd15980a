import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AppRequest } from './app-request.ts';
import type { StandIn } from './endpoints.ts';

const MAX_DELAY_MS = 600_000;

/** Answers as a stand-in: what arrived at it, in JSON. `?__status`, `?__delayMs` and `x-echo-set-header` steer it. */
export async function echo(
  standIn: StandIn,
  app: AppRequest,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let bodyBytes = 0;
  for await (const chunk of request) bodyBytes += (chunk as Buffer).length;
  const query = new URLSearchParams(app.target.split('?')[1] ?? '');
  const delayMs = Number(query.get('__delayMs') ?? 0);
  if (delayMs > 0) await sleep(Math.min(delayMs, MAX_DELAY_MS));
  const { service, namespace, port, pod, labels } = standIn;
  const body = `${JSON.stringify({
    service,
    namespace,
    port,
    pod,
    labels,
    method: app.method,
    path: app.target,
    authority: app.authority,
    headers: app.headers,
    bodyBytes,
  })}\n`;
  const status = Number(query.get('__status') ?? 200);
  response.statusCode = Number.isInteger(status) && status >= 200 && status <= 599 ? status : 200;
  response.setHeader('content-type', 'application/json');
  for (const [name, value] of wantedHeaders(app.headers['x-echo-set-header'] ?? [])) {
    response.appendHeader(name, value);
  }
  const hasBody = response.statusCode !== 204 && response.statusCode !== 304;
  if (hasBody) response.setHeader('content-length', Buffer.byteLength(body));
  response.end(hasBody && app.method !== 'HEAD' ? body : undefined);
}

/** `name:value,name:value` */
function wantedHeaders(values: readonly string[]): [string, string][] {
  return values
    .flatMap((value) => value.split(','))
    .flatMap((pair): [string, string][] => {
      const colon = pair.indexOf(':');
      const name = pair.slice(0, colon).trim();
      return colon > 0 && /^[\w!#$%&'*+\-.^`|~]+$/.test(name) ? [[name, pair.slice(colon + 1).trim()]] : [];
    });
}
