import { type FormatContext, type FormatOperator, formatParts } from '../formatter.ts';
import { HIDDEN, type SecretPlaces, withoutSecrets } from '../secrets/secret-places.ts';
import type { AccessLogFormat, JsonFormat } from './config.ts';

/** What a log prints for a fact that is missing. */
const MISSING = '-';

/** Operators whose value is a number in JSON. */
const NUMBERS: ReadonlySet<string> = new Set([
  'RESPONSE_CODE',
  'BYTES_RECEIVED',
  'BYTES_SENT',
  'DURATION',
  'RESPONSE_DURATION',
  'RESPONSE_TX_DURATION',
  'UPSTREAM_REQUEST_ATTEMPT_COUNT',
  'CONNECTION_ID',
  'DOWNSTREAM_LOCAL_PORT',
]);

export type LogLine = (context: FormatContext) => string;

/** A format made into a function, once: a line of text or a JSON object, without its newline and without secrets. */
export function prepareLogLine(format: AccessLogFormat, omitEmptyValues: boolean, secrets: SecretPlaces): LogLine {
  if ('text' in format) return textLine(format.text.replace(/\n$/, ''), secrets);
  const write = jsonValue(format.json, omitEmptyValues, secrets);
  return (context) => JSON.stringify(write(context) ?? {});
}

/** A client may send line breaks in nothing that is logged, but an upstream's header or a path may hold other controls. */
const CONTROLS = /\p{Cc}/gu;

function textLine(format: string, secrets: SecretPlaces): LogLine {
  const parts = formatParts(format).map((part) => (typeof part === 'string' ? part : reader(part, secrets)));
  return (context) => {
    let line = '';
    for (const part of parts) {
      line += typeof part === 'string' ? part : (part(context)?.replace(CONTROLS, escapeControl) ?? MISSING);
    }
    return line;
  };
}

function escapeControl(char: string): string {
  return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

type JsonWriter = (context: FormatContext) => JsonFormat | undefined;

/** As Envoy's JSON formatter: a string that is one operator has that operator's type, and null where it is missing. */
function jsonValue(format: JsonFormat, omitEmpty: boolean, secrets: SecretPlaces): JsonWriter {
  if (Array.isArray(format)) {
    const items = format.map((item: JsonFormat) => jsonValue(item, omitEmpty, secrets));
    return (context) => items.map((item) => item(context) ?? null);
  }
  if (typeof format === 'object' && format !== null) {
    const fields = Object.entries(format).map(([key, value]) => [key, jsonValue(value, omitEmpty, secrets)] as const);
    return (context) => {
      const object: Record<string, JsonFormat> = {};
      for (const [key, write] of fields) {
        const value = write(context);
        if (value !== undefined) object[key] = value;
        else if (!omitEmpty) object[key] = null;
      }
      return object;
    };
  }
  if (typeof format !== 'string') return () => format;
  const [only, ...others] = formatParts(format);
  if (only !== undefined && typeof only !== 'string' && others.length === 0) {
    const read = reader(only, secrets);
    const isNumber = NUMBERS.has(only.name);
    return (context) => {
      const value = read(context);
      if (value === null) return undefined;
      return isNumber ? Number(value) : value;
    };
  }
  const line = textLine(format, secrets);
  return (context) => line(context);
}

function reader(
  { name, argument, read }: FormatOperator,
  secrets: SecretPlaces,
): (context: FormatContext) => string | null {
  if (read === undefined) return () => null;
  const isHeader = name === 'REQ' || name === 'RESP';
  if (
    isHeader &&
    argument
      .toLowerCase()
      .split('?')
      .some((header) => secrets.headers.has(header))
  ) {
    return (context) => (read(context) === null ? null : HIDDEN);
  }
  if (name === 'QUERY_PARAM' && secrets.params.has(argument)) {
    return (context) => (read(context) === null ? null : HIDDEN);
  }
  return (context) => {
    const value = read(context);
    return value === null || value === '' ? null : withoutSecrets(value, secrets);
  };
}
