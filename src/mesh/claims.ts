const PREFIX = '@request.auth.claims';

/**
 * The claim that a header key of a route match names: `@request.auth.claims.a.b` or `@request.auth.claims[a][b]`
 * (the bracketed form is needed for names with dots). Undefined: an ordinary header.
 */
export function routingClaim(headerKey: string): readonly string[] | undefined {
  if (!headerKey.toLowerCase().startsWith(PREFIX)) return undefined;
  const rest = headerKey.slice(PREFIX.length);
  const separator = rest.charAt(0);
  if (separator === '.') {
    const names = rest.slice(1).split('.');
    return names.includes('') ? undefined : names;
  }
  return separator === '[' ? bracketedNames(rest) : undefined;
}

/** `[a][b]` → `['a', 'b']`; undefined when it is not of that form. */
export function bracketedNames(text: string): readonly string[] | undefined {
  if (!/^(?:\[[^[\]]+\])+$/.test(text)) return undefined;
  return text.slice(1, -1).split('][');
}
