import type { Json, ParityCase, ParityRequest } from './mesh-case.ts';

/** Attempts are costly: each is a configuration of its own. */
const MAX_ATTEMPTS = 400;

/**
 * The smallest case found that still fails: parts are taken out one after the other, large ones first, for as long
 * as something can go.
 */
export async function shrink(
  start: ParityCase,
  stillFails: (candidate: ParityCase) => Promise<boolean>,
): Promise<ParityCase> {
  let best = start;
  let attempts = 0;
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false;
    for (const candidate of smaller(best)) {
      if (attempts++ >= MAX_ATTEMPTS) return best;
      if (!(await stillFails(candidate))) continue;
      best = candidate;
      isSmaller = true;
      break;
    }
  }
  return best;
}

function* smaller({ mesh, request }: ParityCase): Generator<ParityCase> {
  for (const candidate of without(mesh)) yield { mesh: candidate as Json[], request };
  for (const candidate of smallerRequests(request)) yield { mesh, request: candidate };
}

function* smallerRequests(request: ParityRequest): Generator<ParityRequest> {
  const { headers, body, ...rest } = request;
  if (body !== undefined)
    yield { ...rest, headers: headers.filter(([name]) => name.toLowerCase() !== 'content-length') };
  for (const [index, [name]] of headers.entries()) {
    if (/^(?:host|content-length)$/i.test(name)) continue;
    yield { ...request, headers: headers.toSpliced(index, 1) };
  }
  if (request.method !== 'GET') yield { ...request, method: 'GET' };
  if (request.target.includes('?')) yield { ...request, target: request.target.replace(/\?.*/, '') };
  if (request.target !== '/') yield { ...request, target: '/' };
}

/** Every value with one part taken out: what stands higher first. */
function* without(value: Json): Generator<Json> {
  if (Array.isArray(value)) {
    for (const index of value.keys()) yield value.toSpliced(index, 1);
    for (const [index, item] of value.entries()) for (const less of without(item)) yield value.with(index, less);
  } else if (typeof value === 'object' && value !== null) {
    for (const key of Object.keys(value)) {
      if (key === 'apiVersion' || key === 'kind' || key === 'metadata') continue;
      const { [key]: _, ...rest } = value;
      yield rest;
    }
    for (const [key, item] of Object.entries(value)) for (const less of without(item)) yield { ...value, [key]: less };
  }
}
