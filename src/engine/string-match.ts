import { regex } from './regex/re2.ts';
import type { IndexKey } from './rule-index.ts';
import type { StringMatcher } from './values.ts';

export interface PreparedMatcher {
  readonly test: (value: string) => boolean;
  /** True when the regex engine must be loaded before `test` is called. */
  readonly needsRegexEngine: boolean;
}

/** Values of ignoreCase apply to exact, prefix, suffix and contains; a regex says its own `(?i)`. */
export function prepareStringMatcher(matcher: StringMatcher, options: { ignoreCase?: boolean } = {}): PreparedMatcher {
  if ('regex' in matcher) {
    const expression = regex(matcher.regex);
    return { test: (value) => expression.test(value), needsRegexEngine: expression.needsEngine };
  }
  if ('present' in matcher) return plain(() => true);
  if (options.ignoreCase === true) {
    const inner = prepareStringMatcher(lowerCased(matcher));
    return plain((value) => inner.test(value.toLowerCase()));
  }
  if ('exact' in matcher) {
    const { exact } = matcher;
    return plain((value) => value === exact);
  }
  if ('prefix' in matcher) {
    const { prefix } = matcher;
    return plain((value) => value.startsWith(prefix));
  }
  if ('suffix' in matcher) {
    const { suffix } = matcher;
    return plain((value) => value.endsWith(suffix));
  }
  const { contains } = matcher;
  return plain((value) => value.includes(contains));
}

/** The index key that a matcher gives rise to; undefined when the value cannot be narrowed down by it. */
export function indexKeyOf(matcher: StringMatcher): IndexKey | undefined {
  if ('exact' in matcher) return { exact: matcher.exact };
  if ('prefix' in matcher) return { prefix: matcher.prefix };
  return undefined;
}

/** In words, for explanations: `"/v1"`, `"/v1*"`, `~ "re.*"`. */
export function describeStringMatcher(matcher: StringMatcher): string {
  if ('exact' in matcher) return JSON.stringify(matcher.exact);
  if ('prefix' in matcher) return JSON.stringify(`${matcher.prefix}*`);
  if ('suffix' in matcher) return JSON.stringify(`*${matcher.suffix}`);
  if ('contains' in matcher) return JSON.stringify(`*${matcher.contains}*`);
  if ('regex' in matcher) return `regex ${JSON.stringify(matcher.regex)}`;
  return 'present';
}

function plain(test: (value: string) => boolean): PreparedMatcher {
  return { test, needsRegexEngine: false };
}

function lowerCased(matcher: StringMatcher): StringMatcher {
  if ('exact' in matcher) return { exact: matcher.exact.toLowerCase() };
  if ('prefix' in matcher) return { prefix: matcher.prefix.toLowerCase() };
  if ('suffix' in matcher) return { suffix: matcher.suffix.toLowerCase() };
  if ('contains' in matcher) return { contains: matcher.contains.toLowerCase() };
  return matcher;
}
