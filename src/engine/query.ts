/**
 * Query parameters as Envoy's route matcher sees them: split at `&` and the first `=`, not percent-decoded, the
 * first of several equal keys counts.
 */
export function queryValue(query: string, name: string): string | null {
  let start = 0;
  while (start <= query.length) {
    const ampersand = query.indexOf('&', start);
    const end = ampersand === -1 ? query.length : ampersand;
    if (query.startsWith(name, start)) {
      const after = start + name.length;
      if (after === end) return '';
      if (query.charCodeAt(after) === 61 /* = */ && after < end) return query.slice(after + 1, end);
    }
    start = end + 1;
  }
  return null;
}

/** The query without every parameter of these names; the order of the others is kept. */
export function withoutQueryParams(query: string, names: readonly string[]): string {
  return query
    .split('&')
    .filter((pair) => {
      const equals = pair.indexOf('=');
      return !names.includes(equals === -1 ? pair : pair.slice(0, equals));
    })
    .join('&');
}
