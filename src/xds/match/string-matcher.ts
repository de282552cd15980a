import type { MessageInitShape } from '@bufbuild/protobuf';
import type { StringMatcher } from '../../engine/values.ts';
import type { StringMatcherSchema } from '../gen/envoy/type/matcher/v3/string_pb.ts';

export type StringMatcherInit = MessageInitShape<typeof StringMatcherSchema>;

/** Where Envoy has no condition for presence, anything that is not empty is present (as Istio writes `*`). */
export const ANYTHING: StringMatcherInit = { matchPattern: { case: 'safeRegex', value: { regex: '.+' } } };

export function stringMatcher(matcher: StringMatcher, ignoreCase = false): StringMatcherInit {
  if ('present' in matcher) return ANYTHING;
  if ('regex' in matcher) return { matchPattern: { case: 'safeRegex', value: { regex: matcher.regex } } };
  return { ...text(matcher), ignoreCase };
}

type TextMatcher = Exclude<StringMatcher, { present: true } | { regex: string }>;

function text(matcher: TextMatcher): StringMatcherInit {
  if ('exact' in matcher) return { matchPattern: { case: 'exact', value: matcher.exact } };
  // Envoy refuses these three when they are empty; such a one matches everything.
  if ('prefix' in matcher) return notEmpty('prefix', matcher.prefix);
  if ('suffix' in matcher) return notEmpty('suffix', matcher.suffix);
  return notEmpty('contains', matcher.contains);
}

function notEmpty(kind: 'prefix' | 'suffix' | 'contains', value: string): StringMatcherInit {
  if (value === '') return { matchPattern: { case: 'safeRegex', value: { regex: '(?s).*' } } };
  return { matchPattern: { case: kind, value } };
}
