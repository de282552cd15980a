import * as z from 'zod';

/** 1 to 65535; the validators say so where 0 has a meaning of its own. */
export const portNumber = z.int().min(1).max(65535);

export const uint32 = z.int().min(0).max(4_294_967_295);

export const int32 = z.int().min(-2_147_483_648).max(2_147_483_647);

/** Istio's Percent message: 0, or 0.0001 to 100 (checked by the validators). */
export const percent = z.strictObject({ value: z.number().optional() });

export type Percent = z.output<typeof percent>;

/** A port by number or by name, a Kubernetes IntOrString. */
export const intOrString = z.union([z.int(), z.string()]);
