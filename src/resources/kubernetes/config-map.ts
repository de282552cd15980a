import * as z from 'zod';
import { defineKind } from '../kind.ts';

export const configMap = defineKind({
  kind: 'ConfigMap',
  group: '',
  versions: ['v1'],
  plural: 'configmaps',
  namespaced: true,
  fields: 'open',
  schema: z.object({
    data: z.record(z.string(), z.string()).optional(),
    binaryData: z.record(z.string(), z.string()).optional(),
  }),
});
