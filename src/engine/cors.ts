import type { CorsConfig } from './config.ts';
import type { Headers } from './header-bag.ts';
import type { EngineRequest } from './request.ts';
import { prepareStringMatcher } from './string-match.ts';

export type CorsHeaders = readonly (readonly [name: string, value: string])[];

export type CorsOutcome =
  /** Nothing to do: not a CORS request, or an origin that is not allowed (it is forwarded all the same). */
  | { readonly kind: 'none' }
  /** Answered here with 200. */
  | { readonly kind: 'preflight'; readonly headers: CorsHeaders }
  /** To be set on whatever is answered. */
  | { readonly kind: 'headers'; readonly headers: CorsHeaders };

export interface Cors {
  check(request: EngineRequest): CorsOutcome;
  readonly needsRegexEngine: boolean;
}

const NONE: CorsOutcome = { kind: 'none' };

/** An OPTIONS request with Origin and Access-Control-Request-Method (Fetch standard, CORS-preflight request). */
export function isCorsPreflight(request: EngineRequest): boolean {
  return (
    request.facts.method === 'OPTIONS' &&
    request.facts.header('origin') !== null &&
    (request.facts.header('access-control-request-method') ?? '') !== ''
  );
}

export function prepareCors(config: CorsConfig): Cors {
  const origins = config.allowOrigins.map((matcher) => prepareStringMatcher(matcher));
  const forResponse: [string, string][] = [];
  if (config.allowCredentials) forResponse.push(['access-control-allow-credentials', 'true']);
  const forPreflight: [string, string][] = [...forResponse];
  if (config.allowMethods) forPreflight.push(['access-control-allow-methods', config.allowMethods]);
  // `*` means whatever is asked for: Envoy says it back.
  const echoesHeaders = config.allowHeaders === '*';
  if (config.allowHeaders && !echoesHeaders) forPreflight.push(['access-control-allow-headers', config.allowHeaders]);
  if (config.maxAge !== undefined) forPreflight.push(['access-control-max-age', config.maxAge]);
  const forUnmatched = [...forPreflight];
  if (config.exposeHeaders) {
    // Envoy's filter also finishes the answer that it has made itself.
    for (const list of [forResponse, forPreflight]) list.push(['access-control-expose-headers', config.exposeHeaders]);
  }

  const echoed = (request: EngineRequest): CorsHeaders => {
    if (!echoesHeaders) return [];
    return [['access-control-allow-headers', request.facts.header('access-control-request-headers') ?? '']];
  };

  return {
    needsRegexEngine: origins.some((origin) => origin.needsRegexEngine),
    check(request) {
      const origin = request.facts.header('origin');
      if (origin === null || origin === '') return NONE;
      const allowed = origins.some(({ test }) => test(origin));
      const preflight = isCorsPreflight(request);
      if (!allowed) {
        return preflight && !config.forwardUnmatchedPreflights
          ? { kind: 'preflight', headers: [...forUnmatched, ...echoed(request)] }
          : NONE;
      }
      const headers: CorsHeaders = [
        ['access-control-allow-origin', origin],
        ...(preflight ? [...forPreflight, ...echoed(request)] : forResponse),
      ];
      return { kind: preflight ? 'preflight' : 'headers', headers };
    },
  };
}

export function applyCors(headers: Headers, cors: CorsHeaders): void {
  for (const [name, value] of cors) headers.set(name, value);
}
