import * as z from 'zod';
import { defineKind } from '../kind.ts';
import { sidecarSpec } from './sidecar-schema.ts';
import { validateSidecar } from './validate-sidecar.ts';

export const sidecar = defineKind({
  kind: 'Sidecar',
  group: 'networking.istio.io',
  versions: ['v1', 'v1beta1', 'v1alpha3'],
  plural: 'sidecars',
  namespaced: true,
  fields: 'strict',
  schema: z.strictObject({ spec: sidecarSpec }),
  validate({ metadata, spec }, report) {
    validateSidecar(spec, metadata.namespace, report);
  },
});
