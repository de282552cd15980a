/** A parsed CEL expression, of the subset that access logs and metrics are written with. Plain JSON, as all configuration. */
export type CelExpression =
  | { readonly literal: CelLiteral }
  /** `request.headers['x-id']` is `['request', 'headers', 'x-id']`. */
  | { readonly attribute: readonly string[] }
  | { readonly has: readonly string[] }
  | { readonly not: CelExpression }
  | { readonly all: readonly CelExpression[] }
  | { readonly any: readonly CelExpression[] }
  | { readonly compare: CelComparison; readonly left: CelExpression; readonly right: CelExpression }
  | { readonly in: readonly CelExpression[]; readonly value: CelExpression }
  | { readonly call: CelFunction; readonly on: CelExpression; readonly argument: CelExpression }
  | { readonly add: readonly CelExpression[] }
  | { readonly if: CelExpression; readonly then: CelExpression; readonly else: CelExpression };

export type CelLiteral = string | number | boolean | null;

export type CelComparison = '==' | '!=' | '<' | '<=' | '>' | '>=';

export type CelFunction = 'startsWith' | 'endsWith' | 'contains' | 'matches';

/** An attribute's value; undefined: there is none, which in CEL is an error. */
export type CelValue = CelLiteral | undefined;

/** Gives the value of an attribute of one request. */
export type CelAttribute<C> = (context: C) => CelValue;

/** Undefined: there is no such attribute. */
export type CelAttributes<C> = (path: readonly string[]) => CelAttribute<C> | undefined;
