import * as z from 'zod';
import { defineKind } from '../kind.ts';
import { policyTarget } from './policy-target.ts';
import { telemetryParts } from './telemetry-schema.ts';
import { validateTelemetry } from './validate-telemetry.ts';

export const telemetry = defineKind({
  kind: 'Telemetry',
  group: 'telemetry.istio.io',
  versions: ['v1', 'v1alpha1'],
  plural: 'telemetries',
  namespaced: true,
  fields: 'strict',
  schema: z.strictObject({ spec: z.strictObject({ ...policyTarget, ...telemetryParts }).prefault({}) }),
  validate({ spec }, report) {
    validateTelemetry(spec, report);
  },
});
