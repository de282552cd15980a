import * as z from 'zod';
import { defineKind } from '../kind.ts';
import { GATEWAY_GROUP } from './references.ts';

export const referenceGrant = defineKind({
  kind: 'ReferenceGrant',
  group: GATEWAY_GROUP,
  versions: ['v1beta1', 'v1'],
  plural: 'referencegrants',
  namespaced: true,
  fields: 'strict',
  schema: z.strictObject({
    spec: z.strictObject({
      from: z
        .array(z.strictObject({ group: z.string(), kind: z.string().min(1), namespace: z.string().min(1) }))
        .min(1)
        .max(16),
      /** Without a name: every object of the kind. */
      to: z
        .array(z.strictObject({ group: z.string(), kind: z.string().min(1), name: z.string().optional() }))
        .min(1)
        .max(16),
    }),
  }),
});
