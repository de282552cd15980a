import type { AskedRequest } from './live-explanation.ts';

const MAX_REQUEST_LENGTH = 128 * 1024;

/** Text says why nothing can be made of it. */
export async function readAsked(request: Request, query: string | undefined): Promise<AskedRequest | string> {
  const text = request.method === 'POST' ? await request.text() : new URLSearchParams(query ?? '').get('request');
  if (text === null) return 'the query has no `request`';
  if (text.length > MAX_REQUEST_LENGTH) return 'the description of the request is too long';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'the description of the request is not JSON';
  }
  return isAsked(value) ? value : 'it needs `url`, and may have `method`, `headers`, `from`, `gatewayPort`';
}

function isAsked(value: unknown): value is AskedRequest {
  if (typeof value !== 'object' || value === null) return false;
  const { method, url, headers, from, gatewayPort } = value as Readonly<Record<string, unknown>>;
  return (
    typeof url === 'string' &&
    (method === undefined || typeof method === 'string') &&
    (from === undefined || typeof from === 'string') &&
    (gatewayPort === undefined || typeof gatewayPort === 'number') &&
    (headers === undefined || isHeaders(headers))
  );
}

function isHeaders(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).every((one) => [one].flat().every((text) => typeof text === 'string'));
}
