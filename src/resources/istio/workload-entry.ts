import * as z from 'zod';
import { defineKind } from '../kind.ts';
import { checkWorkloadEntry, workloadEntrySpec } from './workload-entry-schema.ts';

const condition = z.object({ type: z.string().optional(), status: z.string().optional() });

export const workloadEntry = defineKind({
  kind: 'WorkloadEntry',
  group: 'networking.istio.io',
  versions: ['v1', 'v1beta1', 'v1alpha3'],
  plural: 'workloadentries',
  namespaced: true,
  fields: 'strict',
  schema: z.strictObject({
    spec: workloadEntrySpec,
    /** The condition `Healthy` takes an endpoint out. */
    status: z.object({ conditions: z.array(condition).optional() }).optional(),
  }),
  validate({ spec }, report) {
    checkWorkloadEntry(spec, { allowsHostnames: true }, ['spec'], report);
  },
});
