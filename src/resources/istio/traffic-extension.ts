import * as z from 'zod';
import { defineKind } from '../kind.ts';
import { checkWasmModule, filterPlacement, wasmModule } from './extension-filter.ts';
import { checkPolicyTarget, policyTarget } from './policy-target.ts';

export const trafficExtension = defineKind({
  kind: 'TrafficExtension',
  group: 'extensions.istio.io',
  versions: ['v1alpha1'],
  plural: 'trafficextensions',
  namespaced: true,
  fields: 'strict',
  schema: z.strictObject({
    spec: z.strictObject({
      ...policyTarget,
      ...filterPlacement,
      wasm: z.strictObject(wasmModule).optional(),
      lua: z.strictObject({ inlineCode: z.string().max(65_536) }).optional(),
    }),
  }),
  validate({ spec }, report) {
    checkPolicyTarget(spec, report);
    if ((spec.wasm === undefined) === (spec.lua === undefined))
      report.error(['spec'], 'exactly one of wasm and lua must be set');
    if (spec.wasm) checkWasmModule(spec.wasm, ['spec', 'wasm'], report);
    if (spec.lua?.inlineCode === '') report.error(['spec', 'lua', 'inlineCode'], 'inlineCode must not be empty');
  },
});
