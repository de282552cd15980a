import type { ConfigOrigin } from '../engine/values.ts';

/** How an origin is written: `undefined` leaves it out. */
export type OriginWriter = (origin: ConfigOrigin) => string | undefined;

/**
 * JSON text with sorted keys: equal values give equal bytes. Origins (properties named `origin`) are written by the
 * caller's choice, because whole origins would make every piece depend on line numbers.
 */
export function canonicalJson(value: unknown, writeOrigin?: OriginWriter): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) {
    let text = '[';
    for (let i = 0; i < value.length; i++) {
      if (i > 0) text += ',';
      text += canonicalJson(value[i], writeOrigin);
    }
    return text + ']';
  }
  if (typeof value === 'object' && value !== null) return objectJson(value as Record<string, unknown>, writeOrigin);
  return JSON.stringify(value) ?? 'null';
}

function objectJson(value: Readonly<Record<string, unknown>>, writeOrigin: OriginWriter | undefined): string {
  let text = '';
  for (const key of Object.keys(value).sort()) {
    const field = value[key];
    if (field === undefined) continue;
    const json =
      key === 'origin' && writeOrigin !== undefined && isOrigin(field)
        ? writeOrigin(field)
        : // Keys of a JSON Web Key Set are opaque: what is called `origin` in there is none.
          canonicalJson(field, key === 'keys' && Array.isArray(field) ? undefined : writeOrigin);
    if (json === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${json}`;
  }
  return `{${text}}`;
}

function isOrigin(value: unknown): value is ConfigOrigin {
  return typeof value === 'object' && value !== null && 'kind' in value && 'namespace' in value && 'name' in value;
}
