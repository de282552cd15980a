import * as z from 'zod';
import { uint32 } from '../scalars/numbers.ts';
import { networkingWorkloadSelector } from '../scalars/selector.ts';
import { workloadEntrySpec } from './workload-entry-schema.ts';

const servicePort = z.strictObject({
  number: uint32,
  protocol: z.string().optional(),
  name: z.string(),
  targetPort: uint32.optional(),
});

export const serviceEntrySpec = z.strictObject({
  hosts: z.array(z.string()).min(1).max(256),
  addresses: z.array(z.string()).max(256).optional(),
  ports: z.array(servicePort).optional(),
  location: z.enum(['MESH_EXTERNAL', 'MESH_INTERNAL']).optional(),
  /** NONE when absent. */
  resolution: z.enum(['NONE', 'STATIC', 'DNS', 'DNS_ROUND_ROBIN', 'DYNAMIC_DNS']).optional(),
  endpoints: z.array(workloadEntrySpec).max(4096).optional(),
  workloadSelector: networkingWorkloadSelector.optional(),
  exportTo: z.array(z.string()).optional(),
  subjectAltNames: z.array(z.string()).optional(),
});

export type ServiceEntrySpec = z.output<typeof serviceEntrySpec>;
export type ServiceEntryPort = z.output<typeof servicePort>;
