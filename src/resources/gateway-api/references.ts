import * as z from 'zod';

export const GATEWAY_GROUP = 'gateway.networking.k8s.io';

const MAX_WEIGHT = 1_000_000;

/** Where a route attaches; a Gateway unless it says otherwise. */
export const parentReference = z.strictObject({
  group: z.string().default(GATEWAY_GROUP),
  kind: z.string().default('Gateway'),
  namespace: z.string().optional(),
  name: z.string().min(1),
  /** Of one listener. */
  sectionName: z.string().optional(),
  port: z.int().min(1).max(65535).optional(),
});

export type ParentReference = z.output<typeof parentReference>;

/** An object, by default a Service, that traffic goes to. */
export const backendObjectReference = {
  group: z.string().default(''),
  kind: z.string().default('Service'),
  name: z.string().min(1),
  namespace: z.string().optional(),
  port: z.int().min(1).max(65535).optional(),
};

export const backendReference = {
  ...backendObjectReference,
  weight: z.int().min(0).max(MAX_WEIGHT).default(1),
};

export const localReference = z.strictObject({ group: z.string(), kind: z.string(), name: z.string() });

export const secretReference = z.strictObject({
  group: z.string().default(''),
  kind: z.string().default('Secret'),
  name: z.string().min(1),
  namespace: z.string().optional(),
});

/** A reference to a CA bundle: a ConfigMap, in core Gateway API. */
export const objectReference = z.strictObject({
  group: z.string(),
  kind: z.string(),
  name: z.string().min(1),
  namespace: z.string().optional(),
});
