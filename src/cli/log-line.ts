import { readLogLine } from '../control/simulate/logged-request.ts';
import { paint, type Terminal } from './output.ts';

/** One side's word about one request. */
export interface LogRecord {
  readonly timeMs: number;
  /** `edge FRA`, or the name of the file. */
  readonly from: string;
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly code: number;
  readonly details: string;
  readonly flags: string;
  /** Fully qualified; empty: it went nowhere. */
  readonly service: string;
  readonly durationMs: number | undefined;
  /** The object that decided: `AuthorizationPolicy/default/deny-admin`. */
  readonly origin: string;
}

export interface LogFilter {
  readonly id?: string;
  readonly service?: string;
  readonly minCode?: number;
  readonly origin?: string;
}

/** A line of an Envoy's log, in a form that Istio has. Undefined: it is none. */
export function recordOfLine(line: string, from: string): LogRecord | undefined {
  const logged = readLogLine(line);
  if (logged === undefined) return undefined;
  const { id, request, timeMs = 0, code = 0, details = '', cluster = '' } = logged;
  return {
    timeMs,
    from,
    id,
    method: request.method ?? 'GET',
    url: request.url,
    code,
    details,
    flags: '-',
    service: cluster.split('|')[3] ?? '',
    durationMs: undefined,
    origin: '',
  };
}

export function isWanted(record: LogRecord, { id, service, minCode, origin }: LogFilter): boolean {
  return (
    (id === undefined || record.id.startsWith(id)) &&
    (service === undefined || record.service === service || record.service.startsWith(`${service}.`)) &&
    (minCode === undefined || record.code >= minCode || record.code === 0) &&
    (origin === undefined || record.origin === origin)
  );
}

/** `12:00:01.123 edge FRA   1ba8d8e7 GET http://shop/x → 403 …` */
export function formatRecord(record: LogRecord, terminal: Terminal): string {
  const { code, flags, details, service, durationMs, origin, id } = record;
  const time = new Date(record.timeMs).toISOString().slice(11, 23);
  const style = code >= 500 || code === 0 ? 'red' : code >= 400 ? 'yellow' : 'green';
  const outcome = [String(code), ...(flags === '-' ? [] : [flags])].join(' ');
  const rest = [
    service,
    durationMs === undefined ? '' : `${durationMs} ms`,
    details === 'via_upstream' ? '' : details,
    origin,
  ].filter((part) => part !== '');
  const head = `${paint(terminal, 'dim', time)} ${record.from.padEnd(14)} ${paint(terminal, 'dim', id.slice(0, 8))}`;
  return `${head} ${record.method} ${record.url} → ${paint(terminal, style, outcome)} ${paint(terminal, 'dim', rest.join(' · '))}`.trimEnd();
}
