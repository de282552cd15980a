import type { PolicyPathMatcher } from '../policy-config.ts';
import type { IndexKey } from '../rule-index.ts';
import { describeStringMatcher, indexKeyOf, prepareStringMatcher } from '../string-match.ts';
import { preparePathTemplate, templatePrefix } from './path-template.ts';

/** A list of values that one string is compared with. */
export interface Values {
  test(value: string): boolean;
  /** Undefined when some value narrows nothing down. */
  readonly keys: readonly IndexKey[] | undefined;
  readonly description: string;
  readonly needsRegexEngine: boolean;
  /** Some value could not be understood: what no other value matches is undecided. */
  readonly isIncomplete: boolean;
}

export interface ValueOptions {
  /** Values are lower-cased; what is tested must be already. */
  readonly lowerCase?: boolean;
  /** `*` accepts the empty string: headers are compared by presence, everything else by RE2's `.+`. */
  readonly emptyIsPresent?: boolean;
}

export function prepareValues(matchers: readonly PolicyPathMatcher[], options: ValueOptions = {}): Values {
  const exact = new Set<string>();
  const others: ((value: string) => boolean)[] = [];
  let needsRegexEngine = false;
  let isIncomplete = false;
  let keys: IndexKey[] | undefined = [];
  for (const matcher of matchers) {
    const prepared = prepareOne(matcher, options);
    if (prepared.test === undefined) isIncomplete = true;
    else if (typeof prepared.test === 'string') exact.add(prepared.test);
    else others.push(prepared.test);
    needsRegexEngine ||= prepared.needsRegexEngine;
    if (prepared.key === undefined) keys = undefined;
    else keys?.push(prepared.key);
  }
  return { test: tester(exact, others), keys, description: describe(matchers), needsRegexEngine, isIncomplete };
}

function tester(exact: ReadonlySet<string>, others: readonly ((value: string) => boolean)[]): Values['test'] {
  const [onlyExact] = exact;
  const [onlyOther] = others;
  if (others.length === 0) return exact.size === 1 ? (value) => value === onlyExact : (value) => exact.has(value);
  if (exact.size === 0 && others.length === 1 && onlyOther !== undefined) return onlyOther;
  return (value) => {
    if (exact.has(value)) return true;
    for (let i = 0; i < others.length; i++) if (others[i]?.(value) === true) return true;
    return false;
  };
}

interface PreparedValue {
  /** A string: exactly that. Undefined: not to be understood. */
  readonly test: string | ((value: string) => boolean) | undefined;
  readonly key: IndexKey | undefined;
  readonly needsRegexEngine: boolean;
}

function prepareOne(matcher: PolicyPathMatcher, options: ValueOptions): PreparedValue {
  if ('template' in matcher) {
    const test = preparePathTemplate(matcher.template);
    const key = test === undefined ? undefined : { prefix: templatePrefix(matcher.template) };
    return { test, key, needsRegexEngine: false };
  }
  if ('present' in matcher) {
    const test = options.emptyIsPresent === true ? () => true : (value: string) => value !== '';
    return { test, key: undefined, needsRegexEngine: false };
  }
  const cased = options.lowerCase === true ? lowerCased(matcher) : matcher;
  if ('exact' in cased) return { test: cased.exact, key: indexKeyOf(cased), needsRegexEngine: false };
  return { ...prepareStringMatcher(cased), key: indexKeyOf(cased) };
}

type TextMatcher = Exclude<PolicyPathMatcher, { template: string } | { present: true }>;

function lowerCased(matcher: TextMatcher): TextMatcher {
  if ('exact' in matcher) return { exact: matcher.exact.toLowerCase() };
  if ('prefix' in matcher) return { prefix: matcher.prefix.toLowerCase() };
  if ('suffix' in matcher) return { suffix: matcher.suffix.toLowerCase() };
  if ('contains' in matcher) return { contains: matcher.contains.toLowerCase() };
  return { regex: `(?i)${matcher.regex}` };
}

function describe(matchers: readonly PolicyPathMatcher[]): string {
  return describeList(matchers, (matcher) => {
    if ('template' in matcher) return JSON.stringify(matcher.template);
    return 'present' in matcher ? '"*"' : describeStringMatcher(matcher);
  });
}

export function describeList<T>(items: readonly T[], one: (item: T) => string): string {
  const shown = items.slice(0, 8).map(one);
  if (items.length > shown.length) shown.push(`… ${items.length - shown.length} more`);
  return `[${shown.join(', ')}]`;
}
