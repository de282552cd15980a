import * as z from 'zod';
import { defineKind } from '../kind.ts';
import { portNumber } from '../scalars/numbers.ts';

const targetRef = z.object({
  kind: z.string().optional(),
  name: z.string().optional(),
  namespace: z.string().optional(),
});

const port = z.object({
  name: z.string().optional(),
  port: portNumber.optional(),
  protocol: z.string().optional(),
  appProtocol: z.string().optional(),
});

const address = z.object({
  ip: z.string(),
  hostname: z.string().optional(),
  nodeName: z.string().optional(),
  targetRef: targetRef.optional(),
});

export const endpoints = defineKind({
  kind: 'Endpoints',
  group: '',
  versions: ['v1'],
  plural: 'endpoints',
  namespaced: true,
  fields: 'open',
  schema: z.object({
    subsets: z
      .array(
        z.object({
          addresses: z.array(address).optional(),
          notReadyAddresses: z.array(address).optional(),
          ports: z.array(port).optional(),
        }),
      )
      .optional(),
  }),
});

const endpoint = z.object({
  addresses: z.array(z.string()),
  conditions: z
    .object({
      /** Absent means ready. */
      ready: z.boolean().optional(),
      serving: z.boolean().optional(),
      terminating: z.boolean().optional(),
    })
    .optional(),
  hostname: z.string().optional(),
  nodeName: z.string().optional(),
  zone: z.string().optional(),
  targetRef: targetRef.optional(),
});

export const endpointSlice = defineKind({
  kind: 'EndpointSlice',
  group: 'discovery.k8s.io',
  versions: ['v1'],
  plural: 'endpointslices',
  namespaced: true,
  fields: 'open',
  schema: z.object({
    addressType: z.enum(['IPv4', 'IPv6', 'FQDN']),
    endpoints: z.array(endpoint).prefault([]),
    ports: z.array(port).prefault([]),
  }),
});
