import type { CelComparison, CelExpression, CelFunction } from '../../../engine/telemetry/cel.ts';
import { CelSyntaxError, type CelToken, celTokens } from './tokens.ts';

/** Deeper nesting is nobody's filter. */
const MAX_DEPTH = 50;
const MAX_LENGTH = 8_192;

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);
const FUNCTIONS: ReadonlySet<string> = new Set(['startsWith', 'endsWith', 'contains', 'matches']);

/**
 * Parses the part of CEL that filters of access logs and labels of metrics need: attributes, literals, comparisons,
 * `&&`, `||`, `!`, `in` with a list or with headers, `has()`, string methods, `?:` and `+`. The reason of a refusal names
 * the place.
 */
export function parseCel(expression: string): { readonly cel: CelExpression } | { readonly reason: string } {
  if (expression.length > MAX_LENGTH) return { reason: `the expression is longer than ${MAX_LENGTH} characters` };
  try {
    return { cel: new CelParser(celTokens(expression), expression.length).whole() };
  } catch (error) {
    if (error instanceof CelSyntaxError) return { reason: error.message };
    throw error;
  }
}

class CelParser {
  readonly #tokens: readonly CelToken[];
  readonly #end: number;
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly CelToken[], end: number) {
    this.#tokens = tokens;
    this.#end = end;
  }

  whole(): CelExpression {
    const expression = this.#conditional();
    if (this.#next < this.#tokens.length) throw this.#unexpected();
    return expression;
  }

  #conditional(): CelExpression {
    if (++this.#depth > MAX_DEPTH) throw new CelSyntaxError('too many parentheses', this.#at());
    const condition = this.#junction('||');
    let result = condition;
    if (this.#take('?')) {
      const then = this.#junction('||');
      this.#expect(':');
      result = { if: condition, then, else: this.#conditional() };
    }
    this.#depth--;
    return result;
  }

  #junction(operator: '||' | '&&'): CelExpression {
    const parts: CelExpression[] = [];
    do parts.push(operator === '||' ? this.#junction('&&') : this.#relation());
    while (this.#take(operator));
    const [only] = parts;
    if (only !== undefined && parts.length === 1) return only;
    return operator === '||' ? { any: parts } : { all: parts };
  }

  #relation(): CelExpression {
    let left = this.#sum();
    for (;;) {
      const token = this.#tokens[this.#next];
      if (token?.kind === 'operator' && COMPARISONS.has(token.text)) {
        this.#next++;
        left = { compare: token.text as CelComparison, left, right: this.#sum() };
      } else if (token?.kind === 'name' && token.text === 'in') {
        this.#next++;
        left = this.#membership(left);
      } else return left;
    }
  }

  #membership(value: CelExpression): CelExpression {
    if (this.#take('[')) return { in: this.#list(']'), value };
    const map = this.#sum();
    if ('attribute' in map && 'literal' in value && typeof value.literal === 'string') {
      return { has: [...map.attribute, headerName(map.attribute, value.literal)] };
    }
    throw new CelSyntaxError('`in` needs a list, or a literal and a map', this.#at());
  }

  #sum(): CelExpression {
    const parts = [this.#unary()];
    while (this.#take('+')) parts.push(this.#unary());
    const [only] = parts;
    return only !== undefined && parts.length === 1 ? only : { add: parts };
  }

  #unary(): CelExpression {
    if (++this.#depth > MAX_DEPTH) throw new CelSyntaxError('too many operators', this.#at());
    let result: CelExpression;
    if (this.#take('!')) result = { not: this.#unary() };
    else if (this.#take('-')) {
      const token = this.#tokens[this.#next++];
      if (token?.kind !== 'number') throw new CelSyntaxError('a number is missing behind -', this.#at());
      result = { literal: -token.value };
    } else result = this.#member();
    this.#depth--;
    return result;
  }

  #member(): CelExpression {
    let expression = this.#primary();
    for (;;) {
      if (this.#take('.')) {
        const name = this.#name();
        if (this.#take('(')) expression = this.#method(expression, name);
        else if ('attribute' in expression) expression = { attribute: [...expression.attribute, name] };
        else throw new CelSyntaxError(`only attributes have a field ${name}`, this.#at());
      } else if (this.#take('[')) {
        const key = this.#tokens[this.#next++];
        this.#expect(']');
        if (!('attribute' in expression) || key?.kind !== 'string') {
          throw new CelSyntaxError('only attributes are looked into, by a literal', this.#at());
        }
        const { attribute } = expression;
        expression = { attribute: [...attribute, headerName(attribute, key.value)] };
      } else return expression;
    }
  }

  #method(on: CelExpression, name: string): CelExpression {
    if (!FUNCTIONS.has(name)) throw new CelSyntaxError(`the function ${name} is not known here`, this.#at());
    const [argument, ...others] = this.#list(')');
    if (argument === undefined || others.length > 0) throw new CelSyntaxError(`${name} takes one argument`, this.#at());
    if (name === 'matches' && !('literal' in argument && typeof argument.literal === 'string')) {
      throw new CelSyntaxError('matches needs a literal', this.#at());
    }
    return { call: name as CelFunction, on, argument };
  }

  #primary(): CelExpression {
    const token = this.#tokens[this.#next];
    if (token === undefined) throw this.#unexpected();
    this.#next++;
    if (token.kind === 'string' || token.kind === 'number') return { literal: token.value };
    if (token.kind === 'operator') {
      if (token.text !== '(') throw this.#unexpected(token);
      const inner = this.#conditional();
      this.#expect(')');
      return inner;
    }
    if (token.text === 'true' || token.text === 'false') return { literal: token.text === 'true' };
    if (token.text === 'null') return { literal: null };
    if (!this.#take('(')) return { attribute: [token.text] };
    if (token.text !== 'has') throw new CelSyntaxError(`the function ${token.text} is not known here`, token.at);
    const [inner, ...others] = this.#list(')');
    if (inner === undefined || others.length > 0 || !('attribute' in inner)) {
      throw new CelSyntaxError('has() takes one attribute', token.at);
    }
    return { has: inner.attribute };
  }

  #list(end: ')' | ']'): CelExpression[] {
    const items: CelExpression[] = [];
    if (this.#take(end)) return items;
    do items.push(this.#conditional());
    while (this.#take(','));
    this.#expect(end);
    return items;
  }

  #name(): string {
    const token = this.#tokens[this.#next++];
    if (token?.kind !== 'name') throw this.#unexpected(token);
    return token.text;
  }

  #take(operator: string): boolean {
    const token = this.#tokens[this.#next];
    if (token?.kind !== 'operator' || token.text !== operator) return false;
    this.#next++;
    return true;
  }

  #expect(operator: string): void {
    if (!this.#take(operator)) throw new CelSyntaxError(`${operator} is missing`, this.#at());
  }

  #at(): number {
    return this.#tokens[this.#next]?.at ?? this.#end;
  }

  #unexpected(token = this.#tokens[this.#next]): CelSyntaxError {
    if (token === undefined) return new CelSyntaxError('the expression ends too early', this.#end);
    return new CelSyntaxError(`unexpected ${'text' in token ? token.text : JSON.stringify(token.value)}`, token.at);
  }
}

/** Names of headers have no case. */
function headerName(map: readonly string[], name: string): string {
  return map.at(-1) === 'headers' ? name.toLowerCase() : name;
}
