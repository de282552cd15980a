/** Where an edge sends what it has seen, and how much. */
export interface TelemetrySettings {
  /** OTLP/HTTP without the signal's path: a collector or a control plane. Undefined: nothing is sent. */
  readonly otlp: OtlpSettings | undefined;
  /** Between two pushes of an isolate. */
  readonly intervalMs: number;
  /** What becomes of a trace that a client has begun. */
  readonly traceParent: 'ignore' | 'join' | 'trust';
  /** Access-log entries for each push, beside those that Telemetry sends to an OpenTelemetry provider. */
  readonly recentEntries: number;
  /** Name of the Analytics Engine binding. */
  readonly analyticsBinding: string | undefined;
}

export interface OtlpSettings {
  readonly endpoint: string;
  /** A service binding that is asked instead of the network. */
  readonly binding: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly signals: ReadonlySet<OtlpSignal>;
  /** Isolates come and go: sums of each push add up, whoever sends them. Cumulative: for receivers that know nothing else. */
  readonly temporality: 'delta' | 'cumulative';
}

export type OtlpSignal = 'metrics' | 'logs' | 'traces';

const SIGNALS: readonly OtlpSignal[] = ['metrics', 'logs', 'traces'];
const DEFAULT_INTERVAL_MS = 10_000;
/** A worker may work that long after its response. */
const MAX_INTERVAL_MS = 20_000;

type Read = (name: string) => string | undefined;

export function readTelemetrySettings(text: Read): TelemetrySettings {
  return {
    otlp: readOtlp(text),
    intervalMs: Math.min(MAX_INTERVAL_MS, count(text, 'TELEMETRY_INTERVAL_MS') ?? DEFAULT_INTERVAL_MS),
    traceParent: oneOf(text, 'TRACE_PARENT', ['ignore', 'join', 'trust']),
    recentEntries: count(text, 'TELEMETRY_RECENT') ?? 0,
    analyticsBinding: text('ANALYTICS_BINDING'),
  };
}

function readOtlp(text: Read): OtlpSettings | undefined {
  const endpoint = text('OTLP_ENDPOINT');
  if (endpoint === undefined) return undefined;
  if (!URL.canParse(endpoint)) throw new TypeError(`OTLP_ENDPOINT must be a URL, not ${JSON.stringify(endpoint)}`);
  const signals = text('OTLP_SIGNALS')?.split(/[\s,]+/) ?? SIGNALS;
  for (const signal of signals) {
    if (!SIGNALS.includes(signal as OtlpSignal)) {
      throw new TypeError(`OTLP_SIGNALS may hold ${SIGNALS.join(', ')}, not ${JSON.stringify(signal)}`);
    }
  }
  return {
    endpoint: endpoint.replace(/\/+$/, ''),
    binding: text('OTLP_BINDING'),
    headers: readHeaders(text('OTLP_HEADERS')),
    signals: new Set(signals as readonly OtlpSignal[]),
    temporality: oneOf(text, 'OTLP_TEMPORALITY', ['delta', 'cumulative']),
  };
}

/** As OTEL_EXPORTER_OTLP_HEADERS: `name=value,name=value`, values percent-encoded. */
function readHeaders(value: string | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const pair of value?.split(',') ?? []) {
    const equals = pair.indexOf('=');
    if (equals < 1) throw new TypeError('OTLP_HEADERS must be name=value, separated by commas');
    headers[pair.slice(0, equals).trim().toLowerCase()] = decodeURIComponent(pair.slice(equals + 1).trim());
  }
  return headers;
}

function oneOf<T extends string>(text: Read, name: string, values: readonly [T, ...T[]]): T {
  const value = text(name);
  if (value === undefined) return values[0];
  const found = values.find((known) => known === value);
  if (found === undefined) {
    throw new TypeError(`${name} must be one of ${values.join(', ')}, not ${JSON.stringify(value)}`);
  }
  return found;
}

function count(text: Read, name: string): number | undefined {
  const value = text(name);
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!Number.isFinite(number) || number < 0) throw new TypeError(`${name} must be a number, not ${value}`);
  return number;
}
