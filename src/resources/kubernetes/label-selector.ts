import * as z from 'zod';
import { labels } from '../scalars/selector.ts';

/** LabelSelector of a Kubernetes kind, where fields that are not read are let through. */
export const labelSelectorOpen = z.object({
  matchLabels: labels.optional(),
  matchExpressions: z
    .array(z.object({ key: z.string(), operator: z.string(), values: z.array(z.string()).optional() }))
    .optional(),
});
