import type { RequestDescription } from './request.ts';

/** A request as a line of an access log has kept it. */
export interface LoggedRequest {
  /** Empty: the line has none. */
  readonly id: string;
  readonly request: RequestDescription;
  readonly timeMs: number | undefined;
  /** What became of it; 0 or undefined: nobody knows. */
  readonly code: number | undefined;
  readonly details: string | undefined;
  /** Envoy cluster name; undefined: it went nowhere, or the line does not say. */
  readonly cluster: string | undefined;
  /** What a decision may rest on and the line does not tell, in words. */
  readonly untold: readonly string[];
}

/** Istio's default TEXT format (meshConfig.accessLogFormat unset); `-` stands for a missing value. */
const TEXT_LINE = new RegExp(
  [
    /\[(?<start_time>[^\]]+)\] "(?<method>\S+) (?<path>.*?) (?<protocol>\S+)"/,
    /(?<response_code>\d+) (?<response_flags>\S+) (?<response_code_details>.+?) (?<connection_termination_details>\S+)/,
    /"(?<upstream_transport_failure_reason>[^"]*)" \d+ \d+ \d+ \S+ "(?<x_forwarded_for>[^"]*)" "(?<user_agent>.*?)"/,
    /"(?<request_id>[^"]*)" "(?<authority>[^"]*)" "(?<upstream_host>[^"]*)" (?<upstream_cluster>\S+) \S+/,
    /(?<downstream_local_address>\S+) (?<downstream_remote_address>\S+) (?<requested_server_name>\S+)/,
  ]
    .map(({ source }) => source)
    .join(' '),
);

/**
 * A line in Istio's text format, in its JSON format, or as foresail keeps entries (method, authority, path, requestId).
 * Undefined: none of these.
 */
export function readLogLine(line: string): LoggedRequest | undefined {
  const text = TEXT_LINE.exec(line);
  const fields = text === null ? parseObject(line) : text.groups;
  if (fields === undefined) return undefined;
  const read = (...names: readonly string[]): string | undefined => {
    const value = names.map((name) => fields[name]).find((one) => one !== undefined && one !== null);
    if (typeof value === 'number') return String(value);
    return typeof value === 'string' && value !== '' && value !== '-' ? value : undefined;
  };
  const authority = read('authority', 'host');
  const path = read('path');
  if (authority === undefined || path?.startsWith('/') !== true) return undefined;
  const serverName = read('requested_server_name');
  const scheme = read('scheme', 'x_forwarded_proto') ?? (serverName === undefined ? undefined : 'https');
  const from = withoutPort(
    read('clientAddress', 'downstream_remote_address') ?? read('x_forwarded_for')?.split(',')[0],
  );
  const id = read('request_id', 'requestId') ?? '';
  const headers = Object.entries({
    'user-agent': read('user_agent', 'userAgent'),
    'x-forwarded-for': read('x_forwarded_for'),
    'x-request-id': id === '' ? undefined : id,
  }).filter((header): header is [string, string] => header[1] !== undefined);
  const code = Number(read('response_code', 'code') ?? Number.NaN);
  return {
    id,
    request: {
      method: read('method') ?? 'GET',
      url: `${scheme === 'https' ? 'https' : 'http'}://${authority}${path}`,
      ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) }),
      ...(from === undefined ? {} : { from }),
    },
    timeMs: timeOf(read('start_time', 'timeMs')),
    code: Number.isNaN(code) ? undefined : code,
    details: read('response_code_details', 'details'),
    cluster: read('upstream_cluster', 'cluster'),
    untold: [
      'headers other than those of the line, so also tokens and cookies',
      ...(scheme === undefined ? ['the scheme: http is taken'] : []),
      ...(from === undefined ? ["the client's address: 127.0.0.1 is taken"] : []),
      ...(path.includes('?') ? [] : ['a query, if the log leaves queries out']),
      "the port of the Gateway's server, where it is not the URL's (--gateway-port)",
      'a client certificate',
    ],
  };
}

/** Undefined: it is no JSON object. */
export function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

function timeOf(text: string | undefined): number | undefined {
  const timeMs = text === undefined ? Number.NaN : /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

/** `203.0.113.7:4711`, `[2001:db8::1]:4711`, or an address alone. */
function withoutPort(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  const [, bracketed, plain] = /^\s*(?:\[([^\]]+)\](?::\d+)?|([^:]+):\d+)\s*$/.exec(address) ?? [];
  return bracketed ?? plain ?? address.trim();
}
