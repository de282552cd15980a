/** Characters of RFC 3986's pchar, as Envoy's URI template matcher takes them in a literal. */
const LITERAL = /^[-A-Za-z0-9._~!$&'()+,;:@=%]*$/;

/**
 * Istio's CheckValidPathTemplate: `{*}` is one segment, `{**}` the rest; each must be a whole segment, no operator
 * may follow `{**}`, and a template cannot use the plain `*` wildcard too.
 */
export function pathTemplateProblem(path: string): string | undefined {
  if (!/[{}]/.test(path)) return undefined;
  if (!path.includes('{*}') && !path.includes('{**}')) {
    return `invalid or unsupported path "${path}": "{" and "}" are only allowed in {*} and {**}`;
  }
  const segments = path.split('/');
  let hasRest = false;
  for (const segment of segments) {
    const isOperator = segment === '{*}' || segment === '{**}';
    if (isOperator && hasRest) return `invalid or unsupported path "${path}": no {*} or {**} may follow a {**}`;
    if (segment === '{**}') hasRest = true;
    if (isOperator) continue;
    if (/[{}]/.test(segment))
      return `invalid or unsupported path "${path}": the segment "${segment}" must be {*}, {**} or plain text`;
    if (segment.includes('*')) return `invalid or unsupported path "${path}": cannot contain "*" beside {*} or {**}`;
    if (!LITERAL.test(segment))
      return `invalid or unsupported path "${path}": the segment "${segment}" has an invalid character`;
  }
  return undefined;
}
