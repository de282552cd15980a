/**
 * Envoy looks for tokens in the percent-decoded query, by decoded names; the first of several counts. `+` stays
 * itself.
 */
export function findQueryToken(query: string, name: string): string | undefined {
  if (!query.includes(name) && !query.includes('%')) return undefined;
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    if (percentDecoded(equals === -1 ? pair : pair.slice(0, equals)) === name) {
      return equals === -1 ? '' : percentDecoded(pair.slice(equals + 1));
    }
  }
  return undefined;
}

/** The names, as the query spells them, of all parameters with one of these decoded names. */
export function spelledNames(query: string, names: ReadonlySet<string>): readonly string[] {
  const spelled = new Set<string>();
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    const name = equals === -1 ? pair : pair.slice(0, equals);
    if (names.has(percentDecoded(name))) spelled.add(name);
  }
  return [...spelled];
}

/** Byte by byte: only names and tokens are compared, and both are ASCII. */
function percentDecoded(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
