import * as z from 'zod';
import { defineKind } from '../kind.ts';

const backend = z.object({
  service: z
    .object({
      name: z.string(),
      port: z.object({ name: z.string().optional(), number: z.int().optional() }).optional(),
    })
    .optional(),
  resource: z.object({ apiGroup: z.string().optional(), kind: z.string(), name: z.string() }).optional(),
});

const path = z.object({
  path: z.string().optional(),
  pathType: z.enum(['Exact', 'Prefix', 'ImplementationSpecific']).optional(),
  backend,
});

export const ingress = defineKind({
  kind: 'Ingress',
  group: 'networking.k8s.io',
  versions: ['v1'],
  plural: 'ingresses',
  namespaced: true,
  fields: 'open',
  schema: z.object({
    spec: z
      .object({
        ingressClassName: z.string().optional(),
        defaultBackend: backend.optional(),
        tls: z.array(z.object({ hosts: z.array(z.string()).optional(), secretName: z.string().optional() })).optional(),
        rules: z
          .array(
            z.object({
              host: z.string().optional(),
              http: z.object({ paths: z.array(path).prefault([]) }).optional(),
            }),
          )
          .optional(),
      })
      .prefault({}),
  }),
});

export const ingressClass = defineKind({
  kind: 'IngressClass',
  group: 'networking.k8s.io',
  versions: ['v1'],
  plural: 'ingressclasses',
  namespaced: false,
  fields: 'open',
  schema: z.object({ spec: z.object({ controller: z.string().optional() }).prefault({}) }),
});
