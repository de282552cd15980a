import * as z from 'zod';
import { defineKind } from '../kind.ts';

/** Its labels give the locality; its addresses reach NodePort services. */
export const node = defineKind({
  kind: 'Node',
  group: '',
  versions: ['v1'],
  plural: 'nodes',
  namespaced: false,
  fields: 'open',
  schema: z.object({
    status: z.object({ addresses: z.array(z.object({ type: z.string(), address: z.string() })).optional() }).optional(),
  }),
});
