import { canonicalJson } from '../../../snapshot/canonical.ts';

/** Text of a configuration value without where it comes from: equal texts, equal behaviour. */
export function meaningOf(value: unknown): string {
  return value === undefined ? '' : canonicalJson(value, () => undefined);
}
