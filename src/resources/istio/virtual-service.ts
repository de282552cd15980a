import * as z from 'zod';
import { defineKind } from '../kind.ts';
import { validateVirtualService } from './validate-virtual-service.ts';
import { virtualServiceSpec } from './virtual-service-schema.ts';

export const virtualService = defineKind({
  kind: 'VirtualService',
  group: 'networking.istio.io',
  versions: ['v1', 'v1beta1', 'v1alpha3'],
  plural: 'virtualservices',
  namespaced: true,
  fields: 'strict',
  schema: z.strictObject({ spec: virtualServiceSpec }),
  validate({ metadata, spec }, report) {
    validateVirtualService(spec, metadata.namespace, report);
  },
});
