import type { Report } from '../report.ts';
import type { FieldPath } from '../resource.ts';
import { regexProblem } from '../scalars/regex.ts';
import type { HttpRouteFilter } from './filters.ts';
import { gatewayHostnameProblem } from './hostname.ts';
import type { HttpRouteMatch, HttpRouteRule, HttpRouteSpec } from './http-route-schema.ts';
import {
  checkBackends,
  checkParents,
  checkRuleNames,
  checkSessionPersistence,
  type HeaderMatch,
} from './route-rule.ts';
import { checkFilters } from './validate-filters.ts';

const MAX_MATCHES = 128;

/** The CEL rules of the HTTPRoute CRD. */
export function validateHttpRoute(spec: HttpRouteSpec, report: Report): void {
  checkParents(spec.parentRefs, report);
  checkHostnames(spec.hostnames, report);
  checkRuleNames(spec.rules, report);
  const matches = spec.rules.reduce((sum, rule) => sum + rule.matches.length, 0);
  if (matches > MAX_MATCHES) {
    report.error(
      ['spec', 'rules'],
      'While 16 rules and 64 matches per rule are allowed, the total number of matches across all rules in a route must be less than 128',
    );
  }
  for (const [index, rule] of spec.rules.entries()) checkRule(rule, ['spec', 'rules', index], report);
}

export function checkHostnames(hostnames: readonly string[] | undefined, report: Report): void {
  for (const [index, hostname] of (hostnames ?? []).entries()) {
    const problem = gatewayHostnameProblem(hostname);
    if (problem !== undefined) report.error(['spec', 'hostnames', index], problem);
  }
}

function checkRule(rule: HttpRouteRule, path: FieldPath, report: Report): void {
  const { matches, filters = [], backendRefs = [], timeouts } = rule;
  for (const [index, match] of matches.entries()) checkMatch(match, [...path, 'matches', index], report);
  checkFilters(filters, [...path, 'filters'], report);
  checkBackends(backendRefs, [...path, 'backendRefs'], report);
  for (const [index, { filters: own }] of backendRefs.entries()) {
    checkFilters(own, [...path, 'backendRefs', index, 'filters'], report);
    if (own?.some(replacesPrefix) && !hasOnePrefix(matches))
      reportPrefix([...path, 'backendRefs', index, 'filters'], report);
  }
  if (backendRefs.length > 0 && filters.some(({ type }) => type === 'RequestRedirect')) {
    report.error([...path, 'backendRefs'], 'RequestRedirect filter must not be used together with backendRefs');
  }
  if (filters.some(replacesPrefix) && !hasOnePrefix(matches)) reportPrefix([...path, 'filters'], report);
  const { request = 0, backendRequest = 0 } = timeouts ?? {};
  if (request > 0 && backendRequest > request) {
    report.error(
      [...path, 'timeouts', 'backendRequest'],
      'backendRequest timeout cannot be longer than request timeout',
    );
  }
  checkSessionPersistence(rule.sessionPersistence, path, report);
}

function replacesPrefix({ requestRedirect, urlRewrite }: HttpRouteFilter): boolean {
  return [requestRedirect?.path, urlRewrite?.path].some((path) => path?.type === 'ReplacePrefixMatch');
}

function hasOnePrefix(matches: readonly HttpRouteMatch[]): boolean {
  return matches.length === 1 && matches[0]?.path.type === 'PathPrefix';
}

function reportPrefix(path: FieldPath, report: Report): void {
  report.error(
    path,
    'When using a filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified',
  );
}

function checkMatch({ path: pathMatch, headers, queryParams }: HttpRouteMatch, path: FieldPath, report: Report): void {
  const problem = pathMatch.type === 'RegularExpression' ? regexProblem(pathMatch.value) : pathProblem(pathMatch.value);
  if (problem !== undefined) report.error([...path, 'path', 'value'], problem);
  checkNamedMatches(headers, [...path, 'headers'], report);
  checkNamedMatches(queryParams, [...path, 'queryParams'], report);
}

/** Header names are told apart without case; repeating one is an error in the CRD. */
export function checkNamedMatches(matches: readonly HeaderMatch[] | undefined, path: FieldPath, report: Report): void {
  const seen = new Set<string>();
  for (const [index, { type, name, value }] of (matches ?? []).entries()) {
    if (seen.has(name)) report.error([...path, index, 'name'], `duplicate name "${name}"`);
    seen.add(name);
    const problem = type === 'RegularExpression' ? regexProblem(value) : undefined;
    if (problem !== undefined) report.error([...path, index, 'value'], problem);
  }
}

const FORBIDDEN_IN_PATH = ['//', '/./', '/../', '%2f', '%2F', '#'];
const PATH = /^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+$/;

function pathProblem(value: string): string | undefined {
  if (!value.startsWith('/')) return `value must be an absolute path and start with '/', got "${value}"`;
  const forbidden = FORBIDDEN_IN_PATH.find((part) => value.includes(part));
  if (forbidden !== undefined) return `must not contain '${forbidden}' when type one of ['Exact', 'PathPrefix']`;
  const ending = ['/..', '/.'].find((part) => value.endsWith(part));
  if (ending !== undefined) return `must not end with '${ending}' when type one of ['Exact', 'PathPrefix']`;
  return PATH.test(value) ? undefined : `must only contain valid characters, got "${value}"`;
}
