import type { Report } from '../report.ts';
import type { FieldPath } from '../resource.ts';
import type { GrpcRouteFilter, HttpPathModifier, HttpRouteFilter } from './filters.ts';
import { gatewayHostnameProblem } from './hostname.ts';
import { checkBackends } from './route-rule.ts';

/** The field that each type of filter is configured by. */
const FIELD_OF_TYPE = {
  RequestHeaderModifier: 'requestHeaderModifier',
  ResponseHeaderModifier: 'responseHeaderModifier',
  RequestMirror: 'requestMirror',
  RequestRedirect: 'requestRedirect',
  URLRewrite: 'urlRewrite',
  CORS: 'cors',
  ExternalAuth: 'externalAuth',
  ExtensionRef: 'extensionRef',
} as const satisfies Readonly<Record<HttpRouteFilter['type'], keyof HttpRouteFilter>>;

const REPEATABLE = new Set(['RequestMirror', 'ExtensionRef']);

/** The CEL rules of the CRD on a list of filters. */
export function checkFilters(
  filters: readonly (HttpRouteFilter | GrpcRouteFilter)[] | undefined,
  path: FieldPath,
  report: Report,
): void {
  const types = new Set<string>();
  for (const [index, filter] of (filters ?? []).entries()) {
    const at = [...path, index];
    if (types.has(filter.type) && !REPEATABLE.has(filter.type)) {
      report.error(at, `${filter.type} filter cannot be repeated`);
    }
    types.add(filter.type);
    checkFilter(filter, at, report);
  }
  if (types.has('RequestRedirect') && types.has('URLRewrite')) {
    report.error(
      path,
      'May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both',
    );
  }
}

function checkFilter(filter: HttpRouteFilter | GrpcRouteFilter, path: FieldPath, report: Report): void {
  const given: HttpRouteFilter = filter;
  for (const [type, field] of Object.entries(FIELD_OF_TYPE)) {
    if (type === filter.type && given[field] === undefined) {
      report.error([...path, field], `filter.${field} must be specified for ${type} filter.type`);
    } else if (type !== filter.type && given[field] !== undefined) {
      report.error([...path, field], `filter.${field} must be nil if the filter.type is not ${type}`);
    }
  }
  const { requestMirror, requestRedirect, urlRewrite, cors } = given;
  for (const field of ['requestHeaderModifier', 'responseHeaderModifier'] as const) {
    checkHeaderNames(given[field], [...path, field], report);
  }
  if (requestMirror) {
    checkBackends([requestMirror.backendRef], [...path, 'requestMirror', 'backendRef'], report);
    const { percent, fraction } = requestMirror;
    if (percent !== undefined && fraction) {
      report.error(
        [...path, 'requestMirror'],
        'Only one of percent or fraction may be specified in HTTPRequestMirrorFilter',
      );
    }
    if (fraction && fraction.numerator > fraction.denominator) {
      report.error([...path, 'requestMirror', 'fraction'], 'numerator must be less than or equal to denominator');
    }
  }
  checkPathModifier(requestRedirect?.path, [...path, 'requestRedirect', 'path'], report);
  checkPathModifier(urlRewrite?.path, [...path, 'urlRewrite', 'path'], report);
  for (const [field, hostname] of [
    ['requestRedirect', requestRedirect?.hostname],
    ['urlRewrite', urlRewrite?.hostname],
  ] as const) {
    const problem = hostname?.startsWith('*')
      ? 'a wildcard is not allowed here'
      : hostname && gatewayHostnameProblem(hostname);
    if (problem) report.error([...path, field, 'hostname'], problem);
  }
  for (const field of ['allowMethods', 'allowHeaders', 'allowOrigins'] as const) {
    const list = cors?.[field] ?? [];
    if (list.includes('*') && list.length > 1) {
      report.error([...path, 'cors', field], `${field} cannot contain '*' alongside other values`);
    }
  }
}

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+\-.^_|~\x60]+$/;

function checkHeaderNames(filter: HttpRouteFilter['requestHeaderModifier'], path: FieldPath, report: Report): void {
  for (const field of ['set', 'add'] as const) {
    const seen = new Set<string>();
    for (const [index, { name }] of (filter?.[field] ?? []).entries()) {
      if (!HEADER_NAME.test(name))
        report.error([...path, field, index, 'name'], `"${name}" is not a valid header name`);
      if (seen.has(name)) report.error([...path, field, index, 'name'], `duplicate header name "${name}"`);
      seen.add(name);
    }
  }
}

function checkPathModifier(modifier: HttpPathModifier | undefined, path: FieldPath, report: Report): void {
  if (!modifier) return;
  const { type, replaceFullPath, replacePrefixMatch } = modifier;
  const needed = type === 'ReplaceFullPath' ? 'replaceFullPath' : 'replacePrefixMatch';
  const other = type === 'ReplaceFullPath' ? replacePrefixMatch : replaceFullPath;
  if (modifier[needed] === undefined)
    report.error([...path, needed], `${needed} must be specified when type is set to '${type}'`);
  if (other !== undefined)
    report.error(
      path,
      `type must be '${type === 'ReplaceFullPath' ? 'ReplacePrefixMatch' : 'ReplaceFullPath'}' for the other replacement to be set`,
    );
}
