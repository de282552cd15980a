import * as z from 'zod';
import { defineKind } from '../kind.ts';
import type { Report } from '../report.ts';
import { backendReference, GATEWAY_GROUP, parentReference } from './references.ts';
import { checkBackends, checkParents, checkRuleNames } from './route-rule.ts';
import { checkHostnames } from './validate-http-route.ts';

const common = {
  parentRefs: z.array(parentReference).max(32).optional(),
  rules: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(253).optional(),
        backendRefs: z.array(z.strictObject(backendReference)).max(16).optional(),
      }),
    )
    .min(1)
    .max(16),
  useDefaultGateways: z.enum(['All', 'None']).optional(),
};

const spec = z.strictObject(common);
const tlsSpec = z.strictObject({ ...common, hostnames: z.array(z.string()).max(16).optional() });

function validate(route: { readonly spec: z.output<typeof spec> }, report: Report): void {
  checkParents(route.spec.parentRefs, report);
  checkRuleNames(route.spec.rules, report);
  for (const [index, { backendRefs }] of route.spec.rules.entries()) {
    checkBackends(backendRefs, ['spec', 'rules', index, 'backendRefs'], report);
  }
}

const kind = { group: GATEWAY_GROUP, namespaced: true, fields: 'strict' } as const;

export const tcpRoute = defineKind({
  ...kind,
  kind: 'TCPRoute',
  plural: 'tcproutes',
  versions: ['v1alpha2'],
  schema: z.strictObject({ spec }),
  validate,
});

export const udpRoute = defineKind({
  ...kind,
  kind: 'UDPRoute',
  plural: 'udproutes',
  versions: ['v1alpha2'],
  schema: z.strictObject({ spec }),
  validate,
});

export const tlsRoute = defineKind({
  ...kind,
  kind: 'TLSRoute',
  plural: 'tlsroutes',
  versions: ['v1', 'v1alpha3', 'v1alpha2'],
  schema: z.strictObject({ spec: tlsSpec }),
  validate(route, report) {
    validate(route, report);
    checkHostnames(route.spec.hostnames, report);
  },
});
