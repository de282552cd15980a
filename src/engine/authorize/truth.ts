/**
 * Three-valued logic (Kleene). At a gateway every fact is known and `UNKNOWN` never comes up, except from a condition
 * that cannot be understood; judging for a destination, some facts are only known there.
 */
export type Truth = 0 | 1 | 2;

export const FALSE = 0;
export const UNKNOWN = 1;
export const TRUE = 2;

export function not(truth: Truth): Truth {
  return (2 - truth) as Truth;
}
