import * as z from 'zod';
import { defineKind } from '../kind.ts';

/** Its values must never reach a finding, a log or a snapshot. */
export const secret = defineKind({
  kind: 'Secret',
  group: '',
  versions: ['v1'],
  plural: 'secrets',
  namespaced: true,
  fields: 'open',
  schema: z.object({
    type: z.string().optional(),
    /** Base64, as the API has it. */
    data: z.record(z.string(), z.string()).optional(),
    stringData: z.record(z.string(), z.string()).optional(),
  }),
});
