import * as z from 'zod';
import { defineKind } from '../kind.ts';
import type { Report } from '../report.ts';
import type { FieldPath } from '../resource.ts';
import { regexProblem } from '../scalars/regex.ts';
import { grpcRouteFilter } from './filters.ts';
import { backendReference, GATEWAY_GROUP, parentReference } from './references.ts';
import {
  checkBackends,
  checkParents,
  checkRuleNames,
  checkSessionPersistence,
  headerMatch,
  sessionPersistence,
} from './route-rule.ts';
import { checkFilters } from './validate-filters.ts';
import { checkHostnames, checkNamedMatches } from './validate-http-route.ts';

const methodMatch = z.strictObject({
  type: z.enum(['Exact', 'RegularExpression']).default('Exact'),
  service: z.string().max(1024).optional(),
  method: z.string().max(1024).optional(),
});

const grpcRouteRule = z.strictObject({
  name: z.string().min(1).max(253).optional(),
  /** None matches every call. */
  matches: z
    .array(z.strictObject({ method: methodMatch.optional(), headers: z.array(headerMatch).max(16).optional() }))
    .max(64)
    .optional(),
  filters: z.array(grpcRouteFilter).max(16).optional(),
  backendRefs: z
    .array(z.strictObject({ ...backendReference, filters: z.array(grpcRouteFilter).max(16).optional() }))
    .max(16)
    .optional(),
  sessionPersistence: sessionPersistence.optional(),
});

export type GrpcRouteRule = z.output<typeof grpcRouteRule>;

export const grpcRoute = defineKind({
  kind: 'GRPCRoute',
  group: GATEWAY_GROUP,
  versions: ['v1'],
  plural: 'grpcroutes',
  namespaced: true,
  fields: 'strict',
  schema: z.strictObject({
    spec: z.strictObject({
      parentRefs: z.array(parentReference).max(32).optional(),
      hostnames: z.array(z.string()).max(16).optional(),
      rules: z.array(grpcRouteRule).max(16).prefault([]),
      useDefaultGateways: z.enum(['All', 'None']).optional(),
    }),
  }),
  validate({ spec }, report) {
    checkParents(spec.parentRefs, report);
    checkHostnames(spec.hostnames, report);
    checkRuleNames(spec.rules, report);
    for (const [index, rule] of spec.rules.entries()) checkRule(rule, ['spec', 'rules', index], report);
  },
});

const SERVICE = /^[A-Za-z_.][A-Za-z_.0-9]*$/;
const METHOD = /^[A-Za-z_][A-Za-z_0-9]*$/;

function checkRule(rule: GrpcRouteRule, path: FieldPath, report: Report): void {
  for (const [index, { method, headers }] of (rule.matches ?? []).entries()) {
    const at = [...path, 'matches', index];
    checkNamedMatches(headers, [...at, 'headers'], report);
    if (method) checkMethod(method, [...at, 'method'], report);
  }
  checkFilters(rule.filters, [...path, 'filters'], report);
  checkBackends(rule.backendRefs, [...path, 'backendRefs'], report);
  for (const [index, { filters }] of (rule.backendRefs ?? []).entries()) {
    checkFilters(filters, [...path, 'backendRefs', index, 'filters'], report);
  }
  checkSessionPersistence(rule.sessionPersistence, path, report);
}

function checkMethod({ type, service, method }: z.output<typeof methodMatch>, path: FieldPath, report: Report): void {
  if (!service && !method) report.error(path, "One or both of 'service' or 'method' must be specified");
  for (const [field, value, pattern] of [
    ['service', service, SERVICE],
    ['method', method, METHOD],
  ] as const) {
    if (!value) continue;
    const problem =
      type === 'RegularExpression'
        ? regexProblem(value)
        : pattern.test(value)
          ? undefined
          : `${field} must only contain valid characters`;
    if (problem !== undefined) report.error([...path, field], problem);
  }
}
