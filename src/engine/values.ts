/** Small values that every part of the compiled configuration is made of. */

/** Where a compiled rule comes from. The engine keeps its own copy of the shape: it imports no other room. */
export interface ConfigOrigin {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly file?: string;
  /** 1-based line of the field, in `file`. */
  readonly line?: number;
  /** 1-based first line of the object in `file`. */
  readonly objectLine?: number;
  /** Field path: `spec.http[0].match[1]`. */
  readonly path?: string;
}

export type StringMatcher =
  | { readonly exact: string }
  | { readonly prefix: string }
  | { readonly suffix: string }
  | { readonly contains: string }
  /** RE2, matched against the whole value. */
  | { readonly regex: string }
  | { readonly present: true };
