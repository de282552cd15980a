import * as z from 'zod';
import { defineKind } from '../kind.ts';

export const serviceAccount = defineKind({
  kind: 'ServiceAccount',
  group: '',
  versions: ['v1'],
  plural: 'serviceaccounts',
  namespaced: true,
  fields: 'open',
  schema: z.object({}),
});
