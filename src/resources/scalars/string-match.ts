import * as z from 'zod';

/**
 * `exact`, `prefix` or `regex` (RE2, full match), at most one of them. None of the three means presence in a map of
 * headers or query parameters. The regex is checked by the validators, which know the field's own exceptions.
 */
export const stringMatch = z.strictObject({
  exact: z.string().optional(),
  prefix: z.string().optional(),
  regex: z.string().optional(),
});

export type StringMatch = z.output<typeof stringMatch>;

/** Header or query parameter name → match; null is what an empty YAML value gives, and means presence. */
export const stringMatchMap = z.record(z.string(), stringMatch.nullable());
