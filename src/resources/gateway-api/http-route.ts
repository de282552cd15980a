import * as z from 'zod';
import { defineKind } from '../kind.ts';
import { httpRouteSpec } from './http-route-schema.ts';
import { GATEWAY_GROUP } from './references.ts';
import { validateHttpRoute } from './validate-http-route.ts';

export const httpRoute = defineKind({
  kind: 'HTTPRoute',
  group: GATEWAY_GROUP,
  versions: ['v1', 'v1beta1'],
  plural: 'httproutes',
  namespaced: true,
  fields: 'strict',
  schema: z.strictObject({ spec: httpRouteSpec }),
  validate({ spec }, report) {
    validateHttpRoute(spec, report);
  },
});
