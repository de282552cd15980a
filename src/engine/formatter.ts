import type { Headers } from './header-bag.ts';
import type { EngineRequest } from './request.ts';
import { type ExchangeFacts, exchangeReader } from './telemetry/exchange-facts.ts';

/** What a header value may be built from: Envoy's substitution formatters, as far as an edge knows their facts. */
export interface FormatContext {
  readonly request: EngineRequest;
  /** Once the upstream has been chosen: path and authority as they were rewritten for it. */
  readonly sent?: { readonly target: string; readonly authority: string } | undefined;
  /** The request's headers in the middle of being edited. */
  readonly requestHeaders?: Headers | undefined;
  /** Headers of the message that is being edited; response headers after the upstream answered. */
  readonly responseHeaders: Headers | undefined;
  readonly responseStatus: number | undefined;
  readonly routeName: string;
  readonly cluster: string;
  readonly nowMs: () => number;
  /** Once it is over, for access logs. */
  readonly exchange?: ExchangeFacts | undefined;
}

/** A prepared value; a constant when it holds no formatter. */
export type FormattedValue = string | ((context: FormatContext) => string);

/** One `%…%`; without `read` it is none that is known here. */
export interface FormatOperator {
  readonly text: string;
  readonly name: string;
  readonly argument: string;
  readonly read: Formatter | undefined;
}

type Formatter = (context: FormatContext) => string | null;

/** `%NAME%`, `%NAME(argument)%`, `%NAME(argument):length%`; `%%` is a percent sign. */
const TOKEN = /%(?:%|([A-Z_]+)(?:\(([^)]*)\))?(?::(\d+))?%)/g;

/** A format in its parts: what stands there as it is, and operators. */
export function formatParts(format: string): (string | FormatOperator)[] {
  const parts: (string | FormatOperator)[] = [];
  let end = 0;
  for (const match of format.matchAll(TOKEN)) {
    if (match.index > end) parts.push(format.slice(end, match.index));
    end = match.index + match[0].length;
    const [text, name, argument = '', length] = match;
    if (name === undefined) parts.push('%');
    else parts.push({ text, name, argument, read: shortened(formatter(name, argument), length) });
  }
  if (end < format.length) parts.push(format.slice(end));
  return parts;
}

/** Unknown formatters stay as they are written; validation has told the user. A fact that is missing is empty. */
export function prepareValue(value: string): FormattedValue {
  if (!value.includes('%')) return value;
  const parts = formatParts(value).map((part) => (typeof part === 'string' ? part : (part.read ?? part.text)));
  if (parts.every((part) => typeof part === 'string')) return parts.join('');
  return (context) => {
    let text = '';
    for (const part of parts) text += typeof part === 'string' ? part : (part(context) ?? '');
    return text;
  };
}

/** Names that `prepareValue` knows, for validation. */
export function isKnownFormatter(name: string): boolean {
  return formatter(name, 'x') !== undefined;
}

function shortened(format: Formatter | undefined, length: string | undefined): Formatter | undefined {
  if (format === undefined || length === undefined) return format;
  const limit = Number(length);
  return (context) => format(context)?.slice(0, limit) ?? null;
}

function formatter(name: string, argument: string): Formatter | undefined {
  switch (name) {
    case 'REQ':
      return firstOf(argument, requestHeader);
    case 'RESP':
      return firstOf(argument, ({ responseHeaders }, header) => responseHeaders?.get(header) ?? null);
    case 'DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT':
      return ({ request }) => request.facts.clientAddress;
    // An edge knows no port of its clients; Envoy would print address:port.
    case 'DOWNSTREAM_REMOTE_ADDRESS':
      return ({ request }) => `${request.facts.clientAddress}:0`;
    case 'DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT':
      return ({ request }) => request.facts.peerAddress;
    case 'DOWNSTREAM_DIRECT_REMOTE_ADDRESS':
      return ({ request }) => `${request.facts.peerAddress}:0`;
    case 'DOWNSTREAM_LOCAL_PORT':
      return ({ request }) => String(request.facts.port);
    case 'DOWNSTREAM_PEER_URI_SAN':
      return ({ request }) => (request.facts.peer === undefined ? null : `spiffe://${request.facts.peer.principal}`);
    case 'REQUESTED_SERVER_NAME':
      return ({ request }) => request.facts.sni ?? null;
    case 'PROTOCOL':
      return () => 'HTTP/1.1';
    case 'REQUEST_METHOD':
      return ({ request }) => request.facts.method;
    case 'PATH':
      return ({ request }) => (argument.startsWith('NQ') ? request.path : request.target);
    case 'QUERY_PARAM':
      return ({ request }) => request.queryParam(argument);
    case 'RESPONSE_CODE':
      // There is none before the upstream has answered: Envoy prints 0.
      return ({ responseStatus }) => String(responseStatus ?? 0);
    case 'ROUTE_NAME':
      return ({ routeName }) => routeName;
    case 'UPSTREAM_CLUSTER':
    case 'UPSTREAM_CLUSTER_RAW':
      return ({ cluster }) => cluster;
    case 'START_TIME':
      return ({ exchange, nowMs }) => formatTime(exchange?.startedMs ?? nowMs(), argument === 'x' ? '' : argument);
    case 'STREAM_ID':
      return ({ request }) => request.connection.requestId;
    case 'DOWNSTREAM_LOCAL_ADDRESS':
      return ({ request, exchange }) => (exchange === undefined ? null : `${exchange.hostname}:${request.facts.port}`);
    default: {
      const read = exchangeReader(name);
      return read === undefined ? undefined : ({ exchange }) => (exchange === undefined ? null : read(exchange));
    }
  }
}

function requestHeader(context: FormatContext, name: string): string | null {
  const { request, sent, requestHeaders, exchange } = context;
  if (sent !== undefined && name === ':path') return sent.target;
  if (sent !== undefined && name === ':authority') return sent.authority;
  if (exchange !== undefined && name === 'x-envoy-original-path') {
    return sent !== undefined && sent.target !== request.target ? request.target : null;
  }
  if (requestHeaders !== undefined && !name.startsWith(':')) return requestHeaders.get(name);
  return request.header(name);
}

/** `X?Y`: the value of X, or of Y when X is missing. */
function firstOf(argument: string, read: (context: FormatContext, name: string) => string | null): Formatter {
  const [first = '', second] = argument.toLowerCase().split('?', 2);
  return (context) => read(context, first) ?? (second === undefined ? null : read(context, second));
}

/** The strftime fields that Envoy's documentation shows; `%3f` are milliseconds. */
function formatTime(timeMs: number, format: string): string {
  const iso = new Date(timeMs).toISOString();
  if (format === '') return iso;
  const fields: Readonly<Record<string, string>> = {
    Y: iso.slice(0, 4),
    m: iso.slice(5, 7),
    d: iso.slice(8, 10),
    H: iso.slice(11, 13),
    M: iso.slice(14, 16),
    S: iso.slice(17, 19),
    s: String(Math.floor(timeMs / 1000)),
    '3f': iso.slice(20, 23),
    T: iso.slice(11, 19),
    F: iso.slice(0, 10),
    z: '+0000',
    Z: 'UTC',
  };
  return format.replace(/%(3f|[A-Za-z])/g, (whole, field: string) => fields[field] ?? whole);
}
