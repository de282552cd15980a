import type { Report } from '../report.ts';
import type { FieldPath } from '../resource.ts';
import {
  headerNameProblem,
  headerValueProblem,
  isAuthorityHeader,
  matchedHeaderProblem,
  operableHeaderProblem,
  settableRequestHeaderProblem,
} from '../scalars/http-header.ts';
import { isDns1123Label, labelsProblem } from '../scalars/label.ts';
import type { Percent } from '../scalars/numbers.ts';
import { regexProblem } from '../scalars/regex.ts';
import type { StringMatch } from '../scalars/string-match.ts';
import { checkDestination, checkPort, checkWeights } from './destination.ts';
import { checkGatewayNames } from './gateway-names.ts';
import { checkRedirect, checkRetries, checkRewrite } from './validate-http-action.ts';
import { checkFault } from './validate-http-fault.ts';
import type { CorsPolicy, HeadersOperations, HttpMatchRequest, HttpRoute } from './virtual-service-schema.ts';

const HTTP_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE']);

/** Istio's validateHTTPRoute. */
export function checkHttpRoute(route: HttpRoute, isDelegate: boolean, path: FieldPath, report: Report): void {
  checkConflicts(route, isDelegate, path, report);
  for (const [index, match] of (route.match ?? []).entries()) checkMatch(match, [...path, 'match', index], report);
  checkHeaders(route.headers, [...path, 'headers'], report);
  if (route.corsPolicy) checkCors(route.corsPolicy, [...path, 'corsPolicy'], report);
  if (route.fault) checkFault(route.fault, [...path, 'fault'], report);
  checkMirrors(route, path, report);
  if (route.redirect) checkRedirect(route.redirect, route.match, [...path, 'redirect'], report);
  if (route.directResponse) checkDirectResponse(route.directResponse, [...path, 'directResponse'], report);
  if (route.retries) checkRetries(route.retries, [...path, 'retries'], report);
  if (route.rewrite) checkRewrite(route.rewrite, [...path, 'rewrite'], report);
  checkAuthoritySetOnce(route, path, report);
  for (const [index, entry] of (route.route ?? []).entries()) {
    checkDestination(entry.destination, [...path, 'route', index, 'destination'], report);
    checkHeaders(entry.headers, [...path, 'route', index, 'headers'], report);
  }
  checkWeights(route.route ?? [], [...path, 'route'], report);
}

/** One action a route; which fields go with which. */
function checkConflicts(route: HttpRoute, isDelegate: boolean, path: FieldPath, report: Report): void {
  const name = route.name ? ` ${route.name}` : '';
  if (route.delegate && !isDelegate) {
    for (const field of ['redirect', 'route', 'directResponse'] as const) {
      if (route[field] !== undefined)
        report.error([...path, field], `root HTTP route${name} must not specify ${field}`);
    }
    return;
  }
  if (route.delegate) report.error([...path, 'delegate'], 'delegate HTTP route cannot contain delegate');
  const action = route.redirect ? 'redirect' : route.directResponse ? 'directResponse' : undefined;
  if (action !== undefined) {
    for (const field of ['route', 'fault', 'rewrite', 'directResponse'] as const) {
      const value = route[field];
      const isSet = Array.isArray(value) ? value.length > 0 : value !== undefined;
      if (field !== action && isSet)
        report.error([...path, field], `HTTP route cannot contain both ${field} and ${action}`);
    }
  } else if (!route.route?.length) {
    report.error(path, 'HTTP route, redirect or direct_response is required');
  }
  if (route.mirror && route.mirrors?.length) {
    report.error([...path, 'mirrors'], 'HTTP route cannot contain both mirror and mirrors');
  }
}

function checkMatch(match: HttpMatchRequest, path: FieldPath, report: Report): void {
  // Envoy allows an empty prefix for the path only.
  checkStringMatch(match.uri, [...path, 'uri'], report, { emptyPrefix: true });
  for (const field of ['scheme', 'method', 'authority'] as const)
    checkStringMatch(match[field], [...path, field], report);
  for (const field of ['headers', 'withoutHeaders'] as const) {
    for (const [name, value] of Object.entries(match[field] ?? {})) {
      const problem = matchedHeaderProblem(name);
      if (problem !== undefined) report.error([...path, field, name], problem);
      // `*` is no regular expression; Istio takes it for presence.
      if (value?.regex !== '*') checkStringMatch(value, [...path, field, name], report);
    }
  }
  for (const [name, value] of Object.entries(match.queryParams ?? {})) {
    if (value?.regex !== '*') checkStringMatch(value, [...path, 'queryParams', name], report);
  }
  if (match.port) checkPort(match.port, [...path, 'port'], report);
  const labels = labelsProblem(match.sourceLabels);
  if (labels !== undefined) report.error([...path, 'sourceLabels'], labels);
  checkGatewayNames(match.gateways ?? [], [...path, 'gateways'], report);
  if (match.sourceNamespace && !isDns1123Label(match.sourceNamespace)) {
    report.error([...path, 'sourceNamespace'], `sourceNamespace match ${match.sourceNamespace} is invalid`);
  }
}

export function checkStringMatch(
  match: StringMatch | null | undefined,
  path: FieldPath,
  report: Report,
  allows: { emptyPrefix?: boolean } = {},
): void {
  if (!match) return;
  const given = (['exact', 'prefix', 'regex'] as const).filter((form) => match[form] !== undefined);
  if (given.length > 1)
    report.error(path, `only one of exact, prefix and regex can be set, got ${given.join(' and ')}`);
  if (match.prefix === '' && !allows.emptyPrefix)
    report.error([...path, 'prefix'], 'prefix string match should not be empty');
  if (match.regex === undefined) return;
  const problem = match.regex === '' ? 'regex string match should not be empty' : regexProblem(match.regex);
  if (problem !== undefined) report.error([...path, 'regex'], problem);
}

function checkHeaders(headers: HeadersOperations | undefined, path: FieldPath, report: Report): void {
  for (const side of ['request', 'response'] as const) {
    const nameProblem = side === 'request' ? settableRequestHeaderProblem : operableHeaderProblem;
    for (const operation of ['add', 'set'] as const) {
      for (const [name, value] of Object.entries(headers?.[side]?.[operation] ?? {})) {
        const problem = nameProblem(name) ?? headerValueProblem(value);
        if (problem !== undefined) report.error([...path, side, operation, name], problem);
      }
    }
    for (const [index, name] of (headers?.[side]?.remove ?? []).entries()) {
      const problem = operableHeaderProblem(name);
      if (problem !== undefined) report.error([...path, side, 'remove', index], problem);
    }
  }
}

function checkAuthoritySetOnce({ rewrite, headers }: HttpRoute, path: FieldPath, report: Report): void {
  let current = rewrite?.authority ?? '';
  for (const operation of ['set', 'add'] as const) {
    for (const [name, value] of Object.entries(headers?.request?.[operation] ?? {})) {
      if (!isAuthorityHeader(name)) continue;
      if (current !== '') {
        const problem = `authority header cannot be set multiple times: have "${current}", attempting to set "${value}"`;
        report.error([...path, 'headers', 'request', operation, name], problem);
      }
      current = value;
    }
  }
}

function checkCors(policy: CorsPolicy, path: FieldPath, report: Report): void {
  if (policy.allowOrigin?.length) {
    report.deprecated([...path, 'allowOrigin'], 'corsPolicy.allowOrigin is deprecated, use allowOrigins instead');
  }
  for (const [index, origin] of (policy.allowOrigins ?? []).entries()) {
    const originPath = [...path, 'allowOrigins', index];
    if (!(origin.exact || origin.prefix || origin.regex)) {
      report.error(originPath, 'an allowed origin needs a non-empty exact, prefix or regex');
    } else checkStringMatch(origin, originPath, report);
  }
  for (const [index, method] of (policy.allowMethods ?? []).entries()) {
    if (!HTTP_METHODS.has(method))
      report.error([...path, 'allowMethods', index], `"${method}" is not a supported HTTP method`);
  }
  for (const field of ['allowHeaders', 'exposeHeaders'] as const) {
    for (const [index, name] of (policy[field] ?? []).entries()) {
      const problem = name === '*' ? undefined : headerNameProblem(name);
      if (problem !== undefined) report.error([...path, field, index], problem);
    }
  }
  if (policy.maxAge !== undefined && policy.maxAge % 1000 !== 0) {
    report.error([...path, 'maxAge'], 'max_age duration is accurate only to seconds precision');
  }
}

function checkMirrors(route: HttpRoute, path: FieldPath, report: Report): void {
  for (const field of ['mirrorPercent', 'mirror_percent'] as const) {
    const value = route[field];
    if (value === undefined) continue;
    if (value > 100) report.error([...path, field], `${field} must have a max value of 100 (it has ${value})`);
    report.deprecated([...path, field], `using deprecated setting "${field}", use "mirrorPercentage" instead`);
  }
  if (route.mirror) checkDestination(route.mirror, [...path, 'mirror'], report);
  checkMirrorPercentage(route.mirrorPercentage, [...path, 'mirrorPercentage'], report);
  for (const [index, mirror] of (route.mirrors ?? []).entries()) {
    checkDestination(mirror.destination, [...path, 'mirrors', index, 'destination'], report);
    checkMirrorPercentage(mirror.percentage, [...path, 'mirrors', index, 'percentage'], report);
  }
}

function checkMirrorPercentage(percentage: Percent | undefined, path: FieldPath, report: Report): void {
  const value = percentage?.value ?? 0;
  if (value < 0 || value > 100)
    report.error([...path, 'value'], `the mirror percentage must be between 0 and 100, got ${value}`);
}

const MAX_BODY_BYTES = 1024 * 1024; /* 1 MiB, Istio's limit */
const LARGE_BODY_BYTES = 100 * 1024;

function checkDirectResponse(
  response: NonNullable<HttpRoute['directResponse']>,
  path: FieldPath,
  report: Report,
): void {
  const { status, body } = response;
  // 600 passes in Istio, by a mistake that it keeps.
  if (status < 200 || status > 600) report.error([...path, 'status'], `HTTP status ${status} is not in range 200-599`);
  if (body?.string !== undefined && body.bytes !== undefined) {
    report.error([...path, 'body'], 'only one of string and bytes can be set');
  }
  const size = body?.string !== undefined ? utf8Length(body.string) : ((body?.bytes?.length ?? 0) * 3) / 4;
  if (size > MAX_BODY_BYTES) {
    report.error(
      [...path, 'body'],
      'large direct_responses may impact control plane performance, must be less than 1MB',
    );
  } else if (size > LARGE_BODY_BYTES) {
    report.warning([...path, 'body'], 'large direct_responses may impact control plane performance');
  }
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}
