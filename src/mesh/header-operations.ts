import type { HeaderMutation, HeaderMutations } from '../engine/config.ts';

/** `headers` of an HTTPRoute or of a destination, as it stands in the resource. */
export interface HeaderOperations {
  readonly request?: Operations | undefined;
  readonly response?: Operations | undefined;
}

interface Operations {
  readonly set?: Readonly<Record<string, string>> | undefined;
  readonly add?: Readonly<Record<string, string>> | undefined;
  readonly remove?: readonly string[] | undefined;
}

export interface ResolvedHeaders {
  readonly request: HeaderMutations;
  readonly response: HeaderMutations;
  /** Host rewrite hidden in the request operations; `set` beats `add`. */
  readonly authority: string | undefined;
}

const NOTHING: HeaderMutations = { remove: [], apply: [] };

/** One level's operations: remove, then set, then add, each in key order (ISTIO.md 1.4). */
export function resolveHeaders(headers: HeaderOperations | undefined): ResolvedHeaders {
  if (headers === undefined) return { request: NOTHING, response: NOTHING, authority: undefined };
  return {
    request: mutations(headers.request),
    response: mutations(headers.response),
    authority: authorityOf(headers.request?.set) ?? authorityOf(headers.request?.add),
  };
}

/** A single destination's operations come after its route's, in one list: the destination wins. */
export function concatenate(first: HeaderMutations, second: HeaderMutations): HeaderMutations {
  return { remove: [...first.remove, ...second.remove], apply: [...first.apply, ...second.apply] };
}

export function isNothing(headers: HeaderMutations): boolean {
  return headers.remove.length + headers.apply.length === 0;
}

function mutations(operations: Operations | undefined): HeaderMutations {
  if (operations === undefined) return NOTHING;
  return {
    remove: (operations.remove ?? []).filter((name) => !isInternal(name)).map((name) => name.toLowerCase()),
    apply: [...entries(operations.set, false), ...entries(operations.add, true)],
  };
}

function entries(values: Readonly<Record<string, string>> | undefined, append: boolean): HeaderMutation[] {
  return Object.entries(values ?? {})
    .filter(([name]) => !isInternal(name))
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, value]) => ({ name, value, append }));
}

/** Pseudo-headers and Host cannot be edited like other headers. */
function isInternal(name: string): boolean {
  return name.startsWith(':') || name.toLowerCase() === 'host';
}

function authorityOf(values: Readonly<Record<string, string>> | undefined): string | undefined {
  for (const [name, value] of Object.entries(values ?? {})) {
    const key = name.toLowerCase();
    if (key === ':authority' || key === 'host') return value;
  }
  return undefined;
}
