import * as z from 'zod';
import { defineKind } from '../kind.ts';

/** Only its labels and annotations matter: injection, discovery, revision. */
export const namespace = defineKind({
  kind: 'Namespace',
  group: '',
  versions: ['v1'],
  plural: 'namespaces',
  namespaced: false,
  fields: 'open',
  schema: z.object({}),
});
