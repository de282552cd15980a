import * as z from 'zod';
import { defineKind } from '../kind.ts';
import { podSpec } from './pod-spec.ts';

const condition = z.object({ type: z.string(), status: z.string(), reason: z.string().optional() });

export const pod = defineKind({
  kind: 'Pod',
  group: '',
  versions: ['v1'],
  plural: 'pods',
  namespaced: true,
  fields: 'open',
  schema: z.object({
    spec: podSpec.prefault({}),
    status: z
      .object({
        phase: z.string().optional(),
        podIP: z.string().optional(),
        podIPs: z.array(z.object({ ip: z.string() })).optional(),
        hostIP: z.string().optional(),
        conditions: z.array(condition).optional(),
      })
      .optional(),
  }),
});
