import * as z from 'zod';
import { defineKind } from '../kind.ts';

const component = z.looseObject({ enabled: z.boolean().optional(), name: z.string().optional() });

/** An installation, not a piece of configuration: its values are open, and `foresail install` reads what it knows. */
export const istioOperator = defineKind({
  kind: 'IstioOperator',
  group: 'install.istio.io',
  versions: ['v1alpha1'],
  plural: 'istiooperators',
  namespaced: true,
  fields: 'open',
  schema: z.object({
    spec: z
      .looseObject({
        profile: z.string().optional(),
        hub: z.string().optional(),
        tag: z.union([z.string(), z.number()]).optional(),
        revision: z.string().optional(),
        namespace: z.string().optional(),
        installPackagePath: z.string().optional(),
        meshConfig: z.record(z.string(), z.unknown()).optional(),
        components: z.record(z.string(), z.union([component, z.array(component)])).optional(),
        values: z.record(z.string(), z.unknown()).optional(),
        unvalidatedValues: z.record(z.string(), z.unknown()).optional(),
      })
      .prefault({}),
  }),
});
