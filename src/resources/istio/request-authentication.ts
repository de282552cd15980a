import * as z from 'zod';
import { defineKind } from '../kind.ts';
import type { Report } from '../report.ts';
import type { FieldPath } from '../resource.ts';
import { duration } from '../scalars/duration.ts';
import { headerNameProblem } from '../scalars/http-header.ts';
import { checkPolicyTarget, policyTarget } from './policy-target.ts';

const jwtRule = z.strictObject({
  issuer: z.string().optional(),
  audiences: z.array(z.string()).optional(),
  jwksUri: z.string().optional(),
  /** A JWK Set as JSON text. */
  jwks: z.string().optional(),
  fromHeaders: z.array(z.strictObject({ name: z.string(), prefix: z.string().optional() })).optional(),
  fromParams: z.array(z.string()).optional(),
  fromCookies: z.array(z.string()).optional(),
  outputPayloadToHeader: z.string().optional(),
  outputClaimToHeaders: z.array(z.strictObject({ header: z.string(), claim: z.string() })).optional(),
  forwardOriginalToken: z.boolean().optional(),
  timeout: duration.optional(),
  spaceDelimitedClaims: z.array(z.string()).optional(),
});

export type JwtRule = z.output<typeof jwtRule>;

export const requestAuthentication = defineKind({
  kind: 'RequestAuthentication',
  group: 'security.istio.io',
  versions: ['v1', 'v1beta1'],
  plural: 'requestauthentications',
  namespaced: true,
  fields: 'strict',
  schema: z.strictObject({
    spec: z.strictObject({ ...policyTarget, jwtRules: z.array(jwtRule).max(4096).optional() }).prefault({}),
  }),
  validate({ spec }, report) {
    checkPolicyTarget(spec, report);
    for (const [index, rule] of (spec.jwtRules ?? []).entries())
      checkJwtRule(rule, ['spec', 'jwtRules', index], report);
  },
});

/** Istio's validateJwtRule. */
function checkJwtRule(rule: JwtRule, path: FieldPath, report: Report): void {
  const { issuer, jwks, jwksUri } = rule;
  if (!issuer && !jwksUri && !jwks) report.error([...path, 'issuer'], 'issuer must be set, or jwksUri or jwks');
  if (jwks && jwksUri) report.error([...path, 'jwks'], 'only one of jwks and jwksUri can be set');
  if (jwksUri) checkJwksUri(jwksUri, [...path, 'jwksUri'], report);
  if (jwks) checkJwks(jwks, [...path, 'jwks'], report);
  for (const field of ['audiences', 'fromParams', 'fromCookies'] as const) {
    for (const [index, value] of (rule[field] ?? []).entries()) {
      if (value === '') report.error([...path, field, index], `${field} must have non-empty strings`);
    }
  }
  for (const [index, { name }] of (rule.fromHeaders ?? []).entries()) {
    if (name === '')
      report.error([...path, 'fromHeaders', index, 'name'], 'location header name must be non-empty string');
  }
  checkOutputHeaders(rule, path, report);
}

function checkJwksUri(uri: string, path: FieldPath, report: Report): void {
  if (!URL.canParse(uri)) {
    report.error(path, `jwksUri "${uri}" is not a valid URL`);
    return;
  }
  const { protocol, port } = new URL(uri);
  if (protocol !== 'http:' && protocol !== 'https:')
    report.error(path, `URI scheme "${protocol.slice(0, -1)}" is not supported`);
  else if (port === '0') report.error(path, 'the port of jwksUri must be in the range 1..65535');
}

function checkJwks(jwks: string, path: FieldPath, report: Report): void {
  let parsed: unknown;
  try {
    parsed = JSON.parse(jwks);
  } catch {
    report.error(path, 'jwks parse error: it is not JSON');
    return;
  }
  const set = typeof parsed === 'object' && parsed !== null ? (parsed as { keys?: unknown; kty?: unknown }) : {};
  // A single key is accepted in place of a set, as by the library that Istio uses.
  const keys: unknown[] = Array.isArray(set.keys) ? set.keys : set.kty === undefined ? [] : [set];
  if (keys.length === 0) report.error(path, 'jwks parse error: it has no "keys"');
  const areKeys = keys.every((key) => typeof (key as { kty?: unknown } | null)?.kty === 'string');
  if (!areKeys) report.error(path, 'jwks parse error: every key needs a "kty"');
}

function checkOutputHeaders(rule: JwtRule, path: FieldPath, report: Report): void {
  const seen = new Set<string>();
  const note = (header: string, at: FieldPath): void => {
    const problem = headerNameProblem(header);
    if (problem !== undefined) report.error(at, problem);
    else if (seen.has(header.toLowerCase())) report.error(at, `duplicate output header "${header}"`);
    seen.add(header.toLowerCase());
  };
  if (rule.outputPayloadToHeader) note(rule.outputPayloadToHeader, [...path, 'outputPayloadToHeader']);
  for (const [index, { header, claim }] of (rule.outputClaimToHeaders ?? []).entries()) {
    const at = [...path, 'outputClaimToHeaders', index];
    if (header === '' || claim === '') {
      report.error(at, 'outputClaimToHeaders header and claim value must be non-empty string');
    } else note(header, [...at, 'header']);
  }
}
