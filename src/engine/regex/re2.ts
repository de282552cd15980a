import type { RE2JS } from 're2js';
import { nativeForm } from './native-form.ts';

/**
 * Regular expressions with RE2's meaning, matched against the whole value in linear time, as Envoy does. The
 * engine for those that RegExp cannot be trusted with is loaded when the first of them is needed.
 */
let engine: typeof RE2JS | undefined;
let loading: Promise<void> | undefined;

export function regexEngineLoaded(): boolean {
  return engine !== undefined;
}

export function loadRegexEngine(): Promise<void> {
  loading ??= import('re2js').then(
    (module) => {
      engine = module.RE2JS;
    },
    (error: unknown) => {
      loading = undefined;
      throw error;
    },
  );
  return loading;
}

/** Compiled expressions are shared: the same few stand in many rules. */
const COMPILED_LIMIT = 4096;
const compiled = new Map<string, Regex>();

export interface Regex {
  /** True when `loadRegexEngine()` must have resolved before `test` is called. */
  readonly needsEngine: boolean;
  test(value: string): boolean;
}

/** An expression that does not compile never matches; validation has refused it long before. */
export function regex(expression: string): Regex {
  let known = compiled.get(expression);
  if (known === undefined) {
    if (compiled.size >= COMPILED_LIMIT) compiled.clear();
    known = compile(expression);
    compiled.set(expression, known);
  }
  return known;
}

function compile(expression: string): Regex {
  const native = nativeForm(expression);
  if (native !== undefined) return { needsEngine: false, test: (value) => native.test(value) };
  let pattern: RE2JS | null | undefined;
  return {
    needsEngine: true,
    test(value) {
      if (pattern === undefined) {
        if (engine === undefined) throw new Error('loadRegexEngine() has not been awaited');
        pattern = tryCompile(engine, expression);
      }
      return pattern?.matches(value) ?? false;
    },
  };
}

function tryCompile(re2: typeof RE2JS, expression: string): RE2JS | null {
  try {
    return re2.compile(expression);
  } catch {
    return null;
  }
}

/** RE2's GlobalReplace: every match in `value` is replaced; `\1` … `\9` are groups, `\0` the match, `\\` a backslash. */
export function regexReplaceAll(expression: string, value: string, substitution: string): string {
  if (engine === undefined) throw new Error('loadRegexEngine() has not been awaited');
  const pattern = tryCompile(engine, expression);
  if (pattern === null) return value;
  const matcher = pattern.matcher(value);
  // RE2 refuses a substitution that names a group which is not there, and leaves the text as it is.
  for (const [, group] of substitution.matchAll(/\\(?:\\|(\d))/g)) {
    if (Number(group ?? 0) > matcher.groupCount()) return value;
  }
  let result = '';
  let position = 0;
  let lastEnd = -1;
  while (matcher.find()) {
    // RE2's GlobalReplace takes no empty match right behind the last one.
    if (matcher.end() === matcher.start() && matcher.start() === lastEnd) continue;
    lastEnd = matcher.end();
    result += value.slice(position, matcher.start());
    result += substitution.replace(/\\(\\|\d)/g, (_text, reference: string) => {
      if (reference === '\\') return '\\';
      return matcher.group(Number(reference)) ?? '';
    });
    position = matcher.end();
  }
  return result + value.slice(position);
}
