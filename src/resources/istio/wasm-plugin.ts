import * as z from 'zod';
import { defineKind } from '../kind.ts';
import { checkWasmModule, filterPlacement, wasmModule } from './extension-filter.ts';
import { checkPolicyTarget, policyTarget } from './policy-target.ts';

export const wasmPlugin = defineKind({
  kind: 'WasmPlugin',
  group: 'extensions.istio.io',
  versions: ['v1alpha1'],
  plural: 'wasmplugins',
  namespaced: true,
  fields: 'strict',
  schema: z.strictObject({ spec: z.strictObject({ ...policyTarget, ...filterPlacement, ...wasmModule }) }),
  validate({ spec }, report) {
    checkPolicyTarget(spec, report);
    checkWasmModule(spec, ['spec'], report);
  },
});
