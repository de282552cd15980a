import * as z from 'zod';
import { defineKind } from '../kind.ts';

/** Only which versions of the Gateway API are installed is read. */
export const customResourceDefinition = defineKind({
  kind: 'CustomResourceDefinition',
  group: 'apiextensions.k8s.io',
  versions: ['v1'],
  plural: 'customresourcedefinitions',
  namespaced: false,
  fields: 'open',
  schema: z.object({
    spec: z
      .object({
        group: z.string().optional(),
        names: z.object({ kind: z.string().optional(), plural: z.string().optional() }).optional(),
        scope: z.string().optional(),
        versions: z
          .array(z.object({ name: z.string(), served: z.boolean().optional(), storage: z.boolean().optional() }))
          .optional(),
      })
      .prefault({}),
  }),
});
