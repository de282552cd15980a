import * as z from 'zod';
import { defineKind } from '../kind.ts';
import { serviceEntrySpec } from './service-entry-schema.ts';
import { validateServiceEntry } from './validate-service-entry.ts';

export const serviceEntry = defineKind({
  kind: 'ServiceEntry',
  group: 'networking.istio.io',
  versions: ['v1', 'v1beta1', 'v1alpha3'],
  plural: 'serviceentries',
  namespaced: true,
  fields: 'strict',
  schema: z.strictObject({
    spec: serviceEntrySpec,
    /** Addresses that a controller has allocated. */
    status: z
      .object({
        addresses: z.array(z.object({ value: z.string().optional(), host: z.string().optional() })).optional(),
      })
      .optional(),
  }),
  validate({ metadata, spec }, report) {
    validateServiceEntry(spec, metadata.namespace, report);
  },
});
