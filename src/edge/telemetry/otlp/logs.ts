import type { AccessLogEntry } from '../../../engine/telemetry/access-log-entry.ts';
import { attributes, resource, SCOPE, type Sender, unixNano } from './values.ts';

export interface LogRecord {
  readonly entry: AccessLogEntry;
  /** As the provider's format prints it; undefined: no provider asked for it. */
  readonly line: string | undefined;
  readonly logName: string;
}

/** OpenTelemetry's SeverityNumber. */
const INFO = 9;
const ERROR = 17;

/** The body of a request to `/v1/logs`. The whole entry travels as one attribute: it is foresaild's own form. */
export function logsJson(sender: Sender, records: readonly LogRecord[]): string {
  return JSON.stringify({
    resourceLogs: [
      {
        resource: resource(sender),
        scopeLogs: [{ scope: SCOPE, logRecords: records.map(logRecord) }],
      },
    ],
  });
}

function logRecord({ entry, line, logName }: LogRecord): object {
  const { traceId, code } = entry;
  return {
    timeUnixNano: unixNano(entry.timeMs),
    severityNumber: code >= 500 || code === 0 ? ERROR : INFO,
    body: { stringValue: line ?? `${entry.method} ${entry.authority}${entry.path} ${code}` },
    attributes: attributes({
      'log.name': logName,
      'http.request.method': entry.method,
      'http.response.status_code': code,
      'url.path': entry.path,
      'server.address': entry.authority,
      'client.address': entry.clientAddress,
      'foresail.response_flags': entry.flags,
      'foresail.response_code_details': entry.details,
      'foresail.request_id': entry.requestId,
      'foresail.entry': JSON.stringify(entry),
    }),
    ...(traceId === undefined ? {} : { traceId }),
  };
}
