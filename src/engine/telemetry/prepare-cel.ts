import { loadRegexEngine, regex } from '../regex/re2.ts';
import type { CelAttributes, CelComparison, CelExpression, CelFunction, CelValue } from './cel.ts';

/** A CEL expression made into functions, once. */
export interface PreparedCel<C> {
  /** Undefined: the expression fails, as for an attribute that is missing. */
  readonly value: (context: C) => CelValue;
  /** Resolved before `value` is called the first time; undefined: at once. */
  readonly ready: Promise<void> | undefined;
}

/**
 * CEL's rules for failure: an operand that fails makes the whole fail, but `false && x`, `true || x` and their mirror
 * images have their value whatever x is.
 */
export function prepareCel<C>(expression: CelExpression, attributes: CelAttributes<C>): PreparedCel<C> {
  let needsEngine = false;
  const prepare = (part: CelExpression): ((context: C) => CelValue) => {
    if ('literal' in part) return () => part.literal;
    if ('attribute' in part) return attributes(part.attribute) ?? (() => undefined);
    if ('has' in part) {
      const read = attributes(part.has);
      return read === undefined ? () => false : (context) => read(context) !== undefined;
    }
    if ('not' in part) {
      const inner = prepare(part.not);
      return (context) => {
        const value = inner(context);
        return typeof value === 'boolean' ? !value : undefined;
      };
    }
    if ('all' in part) return junction(part.all.map(prepare), false);
    if ('any' in part) return junction(part.any.map(prepare), true);
    if ('compare' in part) return comparison(part.compare, prepare(part.left), prepare(part.right));
    if ('in' in part) {
      const value = prepare(part.value);
      const list = part.in.map(prepare);
      return (context) => {
        const wanted = value(context);
        return wanted === undefined ? undefined : list.some((item) => item(context) === wanted);
      };
    }
    if ('call' in part) {
      if (part.call === 'matches' && 'literal' in part.argument && typeof part.argument.literal === 'string') {
        // CEL asks for a match anywhere, the engine's expressions match whole values.
        const pattern = regex(`(?s:.*)(?:${part.argument.literal})(?s:.*)`);
        needsEngine ||= pattern.needsEngine;
        const on = prepare(part.on);
        return (context) => {
          const text = on(context);
          return typeof text === 'string' ? pattern.test(text) : undefined;
        };
      }
      return call(part.call, prepare(part.on), prepare(part.argument));
    }
    if ('add' in part) return sum(part.add.map(prepare));
    const condition = prepare(part.if);
    const [then, otherwise] = [prepare(part.then), prepare(part.else)];
    return (context) => {
      const chosen = condition(context);
      return chosen === true ? then(context) : chosen === false ? otherwise(context) : undefined;
    };
  };
  const value = prepare(expression);
  return { value, ready: needsEngine ? loadRegexEngine() : undefined };
}

function junction<C>(parts: readonly ((context: C) => CelValue)[], decisive: boolean): (context: C) => CelValue {
  return (context) => {
    let hasFailed = false;
    for (const part of parts) {
      const value = part(context);
      if (value === decisive) return decisive;
      if (typeof value !== 'boolean') hasFailed = true;
    }
    return hasFailed ? undefined : !decisive;
  };
}

function comparison<C>(
  operator: CelComparison,
  left: (context: C) => CelValue,
  right: (context: C) => CelValue,
): (context: C) => CelValue {
  return (context) => {
    const [a, b] = [left(context), right(context)];
    if (a === undefined || b === undefined) return undefined;
    if (operator === '==') return a === b;
    if (operator === '!=') return a !== b;
    if (a === null || b === null || typeof a !== typeof b) return undefined;
    if (operator === '<') return a < b;
    if (operator === '<=') return a <= b;
    return operator === '>' ? a > b : a >= b;
  };
}

function call<C>(
  name: CelFunction,
  on: (context: C) => CelValue,
  argument: (context: C) => CelValue,
): (context: C) => CelValue {
  return (context) => {
    const [text, part] = [on(context), argument(context)];
    if (typeof text !== 'string' || typeof part !== 'string') return undefined;
    if (name === 'startsWith') return text.startsWith(part);
    if (name === 'endsWith') return text.endsWith(part);
    return name === 'contains' ? text.includes(part) : undefined;
  };
}

function sum<C>(parts: readonly ((context: C) => CelValue)[]): (context: C) => CelValue {
  return (context) => {
    const values = parts.map((part) => part(context));
    if (values.every((value) => typeof value === 'string')) return values.join('');
    return values.every((value) => typeof value === 'number')
      ? values.reduce((total: number, value) => total + Number(value), 0)
      : undefined;
  };
}
