import * as z from 'zod';
import { defineKind } from '../kind.ts';
import { GATEWAY_GROUP, objectReference } from './references.ts';

export const gatewayClass = defineKind({
  kind: 'GatewayClass',
  group: GATEWAY_GROUP,
  versions: ['v1', 'v1beta1'],
  plural: 'gatewayclasses',
  namespaced: false,
  fields: 'strict',
  schema: z.strictObject({
    spec: z.strictObject({
      controllerName: z.string().min(1).max(253),
      parametersRef: objectReference.optional(),
      description: z.string().max(64).optional(),
    }),
  }),
  validate({ spec }, report) {
    if (!/^[^/]+\/.+$/.test(spec.controllerName)) {
      report.error(
        ['spec', 'controllerName'],
        'controllerName must be a domain-prefixed path, for example "istio.io/gateway-controller"',
      );
    }
  },
});
