import type { HeaderMutations, RouteConfig } from '../../../engine/config.ts';
import { type Constraint, type Draft, type DraftBase, variations } from './draft.ts';
import { pathSamples, samplesOf } from './sample-values.ts';

/** Requests that a route takes, and requests that it only just does not. */
export function routeProbes(route: RouteConfig, base: DraftBase, isThorough: boolean): Draft[] {
  const drafts = variations(base, routeConstraints(route), isThorough);
  const cors = isThorough ? corsProbes(route, base) : [];
  const touched = requestHeadersTouched(route);
  const seeded = [...drafts, ...cors];
  // What an operation removes, or adds to, must be there to be missed.
  for (const draft of seeded) for (const name of touched) if (!draft.headers.has(name)) draft.headers.set(name, 'sent');
  return touched.length === 0 ? seeded : [...seeded, ...variations(base, routeConstraints(route), false)];
}

export function routeConstraints({ match }: RouteConfig): Constraint[] {
  const constraints: Constraint[] = [];
  const path = match.path === undefined ? { fits: ['/probe', '/'], misses: [] } : pathSamples(match.path);
  constraints.push({ ...path, set: (draft, value) => setPath(draft, value) });
  if (match.method !== undefined) {
    const { fits } = samplesOf(match.method);
    constraints.push({ fits, misses: ['PUT', 'GET', 'POST'], set: (draft, value) => setMethod(draft, value) });
  } else {
    constraints.push({ fits: ['GET'], misses: ['POST'], set: (draft, value) => setMethod(draft, value) });
  }
  if (match.authority !== undefined) {
    const { fits, misses } = samplesOf(match.authority);
    constraints.push({
      fits,
      misses,
      set: (draft, value) => {
        if (value !== undefined && value !== '') draft.headers.set('host', value);
      },
    });
  }
  for (const { name, match: matcher, invert } of match.headers ?? []) {
    const { fits, misses } = samplesOf(matcher);
    const set = (draft: Draft, value: string | undefined): void => setHeader(draft, name, value);
    constraints.push(
      invert === true
        ? { fits: [undefined, ...misses.slice(0, 1)], misses: fits, set }
        : { fits, misses: [...misses, undefined], set },
    );
  }
  for (const { name, match: matcher } of match.query ?? []) {
    const { fits, misses } = samplesOf(matcher);
    constraints.push({
      fits,
      misses: [...misses, undefined],
      set: (draft, value) => {
        if (value !== undefined) draft.query.set(name, encodeURIComponent(value));
      },
    });
  }
  for (const { claim, match: matcher, invert } of match.claims ?? []) {
    const { fits, misses } = samplesOf(matcher);
    const set = (draft: Draft, value: string | undefined): void => setClaim(draft, claim, value);
    constraints.push(
      invert === true ? { fits: [undefined], misses: fits, set } : { fits, misses: [...misses, undefined], set },
    );
  }
  return constraints;
}

export function setPath(draft: Draft, value: string | undefined): void {
  if (value !== undefined) draft.path = value;
}

export function setMethod(draft: Draft, value: string | undefined): void {
  if (value !== undefined && value !== '') draft.method = value;
}

/** Pseudo-headers are the fields that they stand for. */
export function setHeader(draft: Draft, name: string, value: string | undefined): void {
  if (value === undefined) return;
  if (name === ':method') setMethod(draft, value);
  else if (name === ':authority') draft.headers.set('host', value);
  else if (name === ':path') setPath(draft, value.split('?')[0]);
  else if (!name.startsWith(':') && !/[\r\n\0]/.test(value)) draft.headers.set(name, value);
}

export function setClaim(draft: Draft, path: readonly string[], value: string | undefined): void {
  if (value === undefined) return;
  draft.claims ??= {};
  let target = draft.claims;
  for (const name of path.slice(0, -1)) {
    const inner = target[name];
    const next = typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {};
    target[name] = next;
    target = next;
  }
  const last = path.at(-1);
  if (last !== undefined) target[last] = value;
}

function corsProbes(route: RouteConfig, base: DraftBase): Draft[] {
  if (route.cors === undefined) return [];
  const origins = [
    ...route.cors.allowOrigins.flatMap((origin) => samplesOf(origin).fits.slice(0, 1)),
    'https://other.example',
  ];
  return origins.flatMap((origin) =>
    ['GET', 'OPTIONS'].flatMap((method) =>
      variations(base, routeConstraints(route), false).map((draft) => {
        draft.method = method;
        draft.headers.set('origin', origin);
        if (method === 'OPTIONS') draft.headers.set('access-control-request-method', 'PUT');
        return draft;
      }),
    ),
  );
}

function requestHeadersTouched({ requestHeaders, action }: RouteConfig): string[] {
  const own = action.kind === 'forward' ? action.destinations.map((destination) => destination.requestHeaders) : [];
  return namesIn([requestHeaders, ...own]).filter((name) => name !== 'host' && name !== 'cookie');
}

export function responseHeadersTouched({ responseHeaders, action }: RouteConfig): string[] {
  const own = action.kind === 'forward' ? action.destinations.map((destination) => destination.responseHeaders) : [];
  return namesIn([responseHeaders, ...own]);
}

function namesIn(mutations: readonly (HeaderMutations | undefined)[]): string[] {
  const names = mutations.flatMap((one) =>
    one === undefined ? [] : [...one.remove, ...one.apply.map(({ name }) => name.toLowerCase())],
  );
  return [...new Set(names)].filter((name) => !name.startsWith(':'));
}
