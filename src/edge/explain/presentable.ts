import type { ConfigOrigin } from '../../engine/values.ts';

const CREDENTIALS = /^(?:authorization|proxy-authorization|cookie|set-cookie|x-api-key)$/i;
const HIDDEN = '(hidden)';

type Locate = (origin: ConfigOrigin) => Promise<ConfigOrigin>;

/** The same value with file and line in every origin, and without credentials: neither the caller's nor the rules'. */
export async function presentable<T>(value: T, hide: (text: string) => string, locate: Locate): Promise<T> {
  const located = new Map<ConfigOrigin, ConfigOrigin>();
  for (const origin of originsIn(value)) if (!located.has(origin)) located.set(origin, await locate(origin));
  const copy = (part: unknown, key: string): unknown => {
    if (typeof part === 'string') return hide(part);
    if (Array.isArray(part)) return part.map((item) => copy(item, ''));
    if (typeof part !== 'object' || part === null) return part;
    if (key === 'origin') return located.get(part as ConfigOrigin) ?? part;
    return Object.fromEntries(Object.entries(withoutCredential(part)).map(([name, item]) => [name, copy(item, name)]));
  };
  return copy(value, '') as T;
}

function* originsIn(value: unknown, key = ''): Generator<ConfigOrigin> {
  if (typeof value !== 'object' || value === null) return;
  if (key === 'origin') yield value as ConfigOrigin;
  else if (Array.isArray(value)) for (const item of value) yield* originsIn(item);
  else for (const [name, item] of Object.entries(value)) yield* originsIn(item, name);
}

/** Of a header that a rule sets or compares; patterns are shown, since they are no credentials yet. */
function withoutCredential(part: object): object {
  const { name, value, match } = part as { name?: unknown; value?: unknown; match?: { exact?: unknown } };
  if (typeof name !== 'string' || !CREDENTIALS.test(name)) return part;
  if (typeof value === 'string') return { ...part, value: HIDDEN };
  return typeof match?.exact === 'string' ? { ...part, match: { exact: HIDDEN } } : part;
}
