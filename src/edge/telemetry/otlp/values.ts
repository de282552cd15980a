/** The JSON form of OTLP (opentelemetry-proto, "JSON Protobuf Encoding"): 64-bit integers are strings, ids hexadecimal. */
export interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

export type AnyValue =
  | { readonly stringValue: string }
  | { readonly intValue: string }
  | { readonly doubleValue: number }
  | { readonly boolValue: boolean };

export function attributes(values: Readonly<Record<string, string | number | boolean | undefined>>): KeyValue[] {
  return Object.entries(values).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: anyValue(value) }],
  );
}

function anyValue(value: string | number | boolean): AnyValue {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** Nanoseconds do not fit into a number. */
export function unixNano(timeMs: number): string {
  return `${Math.round(timeMs * 1000)}000`;
}

/** Who sends: one isolate of one edge. */
export interface Sender {
  readonly mesh: string;
  readonly instance: string;
  readonly location: string;
}

export function resource({ mesh, instance, location }: Sender): { readonly attributes: readonly KeyValue[] } {
  return {
    attributes: attributes({
      'service.name': 'foresail-edge',
      'service.namespace': mesh,
      'service.instance.id': instance,
      'cloud.region': location,
    }),
  };
}

export const SCOPE = { name: 'foresail' };
