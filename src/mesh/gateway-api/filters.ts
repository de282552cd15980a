import type { CorsConfig, HeaderMutations, Mirror, RedirectAction, Rewrite } from '../../engine/config.ts';
import type { HttpPathModifier, HttpRouteFilter } from '../../resources/gateway-api/filters.ts';
import { redirectPort } from '../redirect-port.ts';
import { partsPerMillion } from '../route-policies.ts';

/** What the filters of a rule, or of one backend, come to. */
export interface ResolvedFilters {
  readonly request: HeaderMutations | undefined;
  readonly response: HeaderMutations | undefined;
  readonly redirect: RedirectAction | undefined;
  readonly rewrite: Rewrite | undefined;
  readonly cors: CorsConfig | undefined;
  readonly mirrors: readonly MirrorFilter[];
  /** The first filter that is not supported: the rule then answers 500. */
  readonly unsupported: string | undefined;
}

export interface MirrorFilter {
  readonly index: number;
  readonly backend: NonNullable<HttpRouteFilter['requestMirror']>['backendRef'];
  readonly partsPerMillion: Mirror['partsPerMillion'];
}

export function resolveFilters(
  filters: readonly HttpRouteFilter[] | undefined,
  listener: { readonly port: number; readonly tls: boolean },
): ResolvedFilters {
  const found: { -readonly [K in keyof ResolvedFilters]: ResolvedFilters[K] } & { mirrors: MirrorFilter[] } = {
    request: undefined,
    response: undefined,
    redirect: undefined,
    rewrite: undefined,
    cors: undefined,
    mirrors: [],
    unsupported: undefined,
  };
  for (const [index, filter] of (filters ?? []).entries()) {
    switch (filter.type) {
      case 'RequestHeaderModifier':
        found.request = headerMutations(filter.requestHeaderModifier);
        break;
      case 'ResponseHeaderModifier':
        found.response = headerMutations(filter.responseHeaderModifier);
        break;
      case 'RequestRedirect':
        if (filter.requestRedirect) found.redirect = resolveRedirect(filter.requestRedirect, listener);
        break;
      case 'URLRewrite':
        if (filter.urlRewrite) found.rewrite = resolveRewrite(filter.urlRewrite);
        break;
      case 'CORS':
        if (filter.cors) found.cors = resolveCors(filter.cors);
        break;
      case 'RequestMirror':
        if (filter.requestMirror) found.mirrors.push(mirrorOf(filter.requestMirror, index));
        break;
      case 'ExternalAuth':
      case 'ExtensionRef':
        found.unsupported ??= filter.type;
        break;
    }
  }
  return found;
}

function headerMutations(filter: HttpRouteFilter['requestHeaderModifier']): HeaderMutations {
  return {
    remove: (filter?.remove ?? []).map((name) => name.toLowerCase()),
    apply: [
      ...(filter?.set ?? []).map(({ name, value }) => ({ name, value: literal(value), append: false })),
      ...(filter?.add ?? []).map(({ name, value }) => ({ name, value: literal(value), append: true })),
    ],
  };
}

/** A percent sign is only a percent sign here: the Gateway API has no formatters. */
function literal(value: string): string {
  return value.replaceAll('%', '%%');
}

function resolveRedirect(
  redirect: NonNullable<HttpRouteFilter['requestRedirect']>,
  listener: { readonly port: number; readonly tls: boolean },
): RedirectAction {
  // Without a port: the default of a scheme that is given, else the listener's.
  const port = redirectPort(
    redirect.port ?? (redirect.scheme === undefined ? listener.port : undefined),
    redirect.scheme,
    listener.tls,
  );
  return {
    kind: 'redirect',
    status: redirect.statusCode,
    ...(redirect.scheme === undefined ? {} : { scheme: redirect.scheme }),
    ...(redirect.hostname === undefined ? {} : { authority: redirect.hostname }),
    ...(port === undefined ? {} : { port }),
    ...(redirect.path === undefined ? {} : { path: resolvePath(redirect.path) }),
  };
}

function resolvePath(path: HttpPathModifier): { readonly full: string } | { readonly prefix: string } {
  return path.type === 'ReplaceFullPath'
    ? { full: path.replaceFullPath ?? '/' }
    : { prefix: path.replacePrefixMatch ?? '/' };
}

function resolveRewrite({ hostname, path }: NonNullable<HttpRouteFilter['urlRewrite']>): Rewrite {
  return {
    ...(hostname === undefined ? {} : { authority: hostname }),
    ...(path === undefined ? {} : { path: resolvePath(path) }),
  };
}

function mirrorOf(
  { backendRef, percent, fraction }: NonNullable<HttpRouteFilter['requestMirror']>,
  index: number,
): MirrorFilter {
  const share = fraction === undefined ? (percent ?? 100) : (fraction.numerator / fraction.denominator) * 100;
  return { index, backend: backendRef, partsPerMillion: partsPerMillion(share) };
}

/** Unmatched preflights are answered by the gateway; the upstream never sees them. */
function resolveCors(cors: NonNullable<HttpRouteFilter['cors']>): CorsConfig {
  const joined = (values: readonly string[] | undefined): string | undefined =>
    values === undefined || values.length === 0 ? undefined : values.join(',');
  const [methods, headers, exposed] = [cors.allowMethods, cors.allowHeaders, cors.exposeHeaders].map(joined);
  return {
    allowOrigins: (cors.allowOrigins ?? []).map((origin) => {
      if (origin === '*') return { present: true };
      return origin.includes('*') ? { regex: originPattern(origin) } : { exact: origin };
    }),
    ...(methods === undefined ? {} : { allowMethods: methods }),
    ...(headers === undefined ? {} : { allowHeaders: headers }),
    ...(exposed === undefined ? {} : { exposeHeaders: exposed }),
    maxAge: String(cors.maxAge),
    allowCredentials: cors.allowCredentials === true,
    forwardUnmatchedPreflights: false,
  };
}

/** `https://*.example.com`: the wildcard stands for any number of labels. */
function originPattern(origin: string): string {
  return origin
    .split('*')
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
}
