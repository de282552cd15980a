import type * as z from 'zod';
import { duration, durationOrZero } from '../../../resources/scalars/duration.ts';
import { stringMatch } from '../../../resources/scalars/string-match.ts';

type Rules = Readonly<Record<string, unknown>>;

/** At most one of these fields, in the form that structural schemas allow. */
function atMostOneOf(...fields: readonly string[]): Rules {
  const each = fields.map((field) => ({ required: [field] }));
  return { oneOf: [{ not: { anyOf: each } }, ...each] };
}

/** Of schemas that stand in many kinds: what the API server itself can check. */
const RULES: ReadonlyMap<z.core.$ZodType, Rules> = new Map<z.core.$ZodType, Rules>([
  [
    duration,
    {
      'x-kubernetes-validations': [
        { message: 'must be a valid duration greater than 1ms', rule: "duration(self) >= duration('1ms')" },
      ],
    },
  ],
  [
    durationOrZero,
    {
      'x-kubernetes-validations': [
        { message: 'must be a valid duration that is not negative', rule: "duration(self) >= duration('0s')" },
      ],
    },
  ],
  [stringMatch, atMostOneOf('exact', 'prefix', 'regex')],
]);

export function fieldRulesOf(schema: z.core.$ZodType): Rules {
  return RULES.get(schema) ?? {};
}
