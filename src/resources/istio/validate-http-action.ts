import type { Report } from '../report.ts';
import type { FieldPath } from '../resource.ts';
import { regexProblem } from '../scalars/regex.ts';
import { checkPort } from './destination.ts';
import type { HttpMatchRequest, HttpRedirect, HttpRetry, HttpRewrite } from './virtual-service-schema.ts';

const RETRY_ON = new Set([
  '5xx',
  'gateway-error',
  'reset',
  'reset-before-request',
  'connect-failure',
  'retriable-4xx',
  'refused-stream',
  'retriable-status-codes',
  'retriable-headers',
  'envoy-ratelimited',
  'http3-post-connect-failure',
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
]);

/** Codes of Envoy's RedirectResponseCode; Istio takes any 3xx, and others then have no effect. */
const REDIRECT_CODES = new Set([301, 302, 303, 307, 308]);

export function checkRedirect(
  redirect: HttpRedirect,
  match: readonly HttpMatchRequest[] | undefined,
  path: FieldPath,
  report: Report,
): void {
  const { uri, prefixRewrite, authority, port, derivePort, scheme, redirectCode = 0 } = redirect;
  const hasPort = port !== undefined || derivePort !== undefined;
  if (!uri && prefixRewrite === undefined && !authority && !scheme && !hasPort) {
    report.error(path, 'redirect must specify URI, authority, scheme, or port');
  }
  if (uri && prefixRewrite !== undefined) {
    report.error([...path, 'prefixRewrite'], 'redirect may only contain one of uri and prefixRewrite');
  }
  if (prefixRewrite !== undefined && !(match?.length && match.every((one) => one.uri?.prefix !== undefined))) {
    report.error([...path, 'prefixRewrite'], 'redirect.prefixRewrite requires that every match has a uri prefix');
  }
  if (port !== undefined && derivePort !== undefined) {
    report.error([...path, 'derivePort'], 'redirect may only contain one of port and derivePort');
  }
  if (redirectCode !== 0 && (redirectCode < 300 || redirectCode > 399)) {
    report.error([...path, 'redirectCode'], `${redirectCode} is not a valid redirect code, must be 3xx`);
  } else if (redirectCode !== 0 && !REDIRECT_CODES.has(redirectCode)) {
    report.warning(
      [...path, 'redirectCode'],
      `the redirect code ${redirectCode} has no effect; use 301, 302, 303, 307 or 308`,
    );
  }
  if (scheme && scheme !== 'http' && scheme !== 'https') {
    report.error([...path, 'scheme'], 'invalid redirect scheme, must be "http" or "https"');
  }
  if (port) checkPort(port, [...path, 'port'], report);
}

export function checkRetries(retries: HttpRetry, path: FieldPath, report: Report): void {
  const { attempts = 0, perTryTimeout, retryOn = '', retryRemoteLocalities, backoff } = retries;
  if (attempts < 0) report.error([...path, 'attempts'], 'attempts cannot be negative');
  const isConfigured =
    perTryTimeout !== undefined || retryOn !== '' || retryRemoteLocalities !== undefined || backoff !== undefined;
  if (attempts === 0 && isConfigured) {
    report.error(path, 'http retry policy configured when attempts are set to 0 (disabled)');
  }
  if (retryOn === '') return;
  for (const policy of retryOn.split(',')) {
    const isStatus = /^[1-5]\d\d$/.test(policy);
    if (!isStatus && !RETRY_ON.has(policy))
      report.error([...path, 'retryOn'], `"${policy}" is not a valid retryOn policy`);
  }
}

export function checkRewrite({ uri, uriRegexRewrite, authority }: HttpRewrite, path: FieldPath, report: Report): void {
  if (uri && uriRegexRewrite) {
    report.error([...path, 'uriRegexRewrite'], 'rewrite may only contain one of URI or UriRegexRewrite');
  }
  if (!uri && !uriRegexRewrite && !authority) {
    report.error(
      path,
      'rewrite must specify at least one of URI, UriRegexRewrite, or authority. Only one of URI or UriRegexRewrite may be specified',
    );
  }
  if (!uriRegexRewrite) return;
  if (!uriRegexRewrite.match || !uriRegexRewrite.rewrite) {
    report.error(
      [...path, 'uriRegexRewrite'],
      'UriRegexRewrite requires both Rewrite and Match fields to be specified',
    );
    return;
  }
  const problem = regexProblem(uriRegexRewrite.match);
  if (problem !== undefined) report.error([...path, 'uriRegexRewrite', 'match'], problem);
}
