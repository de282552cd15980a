import * as z from 'zod';
import { type Milliseconds, parseDuration } from '../scalars/duration.ts';

/** GEP-2257: a subset of Go's durations, of whole numbers. */
const GATEWAY_DURATION = /^(?:[0-9]{1,5}(?:h|m|s|ms)){1,4}$/;

export const gatewayDuration: z.ZodType<Milliseconds, string> = z.string().transform((text, context): Milliseconds => {
  const ms = GATEWAY_DURATION.test(text) ? parseDuration(text) : undefined;
  if (ms !== undefined) return ms;
  const message = `expected a Gateway API duration such as 10s, 500ms or 1m30s, got ${JSON.stringify(text.slice(0, 80))}`;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});
