import type { StringMatcher } from '../engine/values.ts';

/** Istio's StringMatch as it stands in a resource; null and `{}` are written for "present". */
export type StringMatch =
  | {
      readonly exact?: string | undefined;
      readonly prefix?: string | undefined;
      readonly regex?: string | undefined;
    }
  | null
  | undefined;

/** Nothing given, or the regex `*` (which is no regular expression), asks only for presence. */
export function isPresenceMatch(match: StringMatch): boolean {
  if (match === null || match === undefined) return true;
  return match.exact === undefined && match.prefix === undefined && (match.regex === undefined || match.regex === '*');
}

export function toMatcher(match: StringMatch): StringMatcher {
  if (match === null || match === undefined || isPresenceMatch(match)) return { present: true };
  if (match.exact !== undefined) return { exact: match.exact };
  if (match.prefix !== undefined) return { prefix: match.prefix };
  return { regex: match.regex ?? '' };
}
