const HEADER_NAME = /^[-_A-Za-z0-9]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these are forbidden in a header value.
const HEADER_VALUE = /^[^\u0000-\u0008\u000A-\u001F\u007F]*$/;
const CLAIM_PREFIX = '@request.auth.claims';

/** Whether a header match is a match on a verified JWT claim: `@request.auth.claims.a.b` or `…claims[a][b]`. */
export function isJwtClaimHeader(name: string): boolean {
  const lower = name.toLowerCase();
  if (!lower.startsWith(CLAIM_PREFIX)) return false;
  const rest = name.slice(CLAIM_PREFIX.length);
  if (rest.startsWith('.')) return rest.length > 1;
  return /^(?:\[[^[\]]+\])+$/.test(rest);
}

export function headerNameProblem(name: string): string | undefined {
  if (name === '') return 'header name cannot be empty';
  return HEADER_NAME.test(name) ? undefined : `header name ${name} is not a valid header name`;
}

/** The name in a header match; pseudo-headers such as `:method` are accepted. */
export function matchedHeaderProblem(name: string): string | undefined {
  if (isJwtClaimHeader(name)) return undefined;
  return headerNameProblem(name.startsWith(':') ? name.slice(1) : name);
}

/** The name in `headers.request.set` and `add`: the authority is the only internal header that may be set. */
export function settableRequestHeaderProblem(name: string): string | undefined {
  if (name === '') return 'header name cannot be empty';
  if (isAuthorityHeader(name)) return undefined;
  return name.startsWith(':') ? `invalid header "${name}": header cannot have ":" prefix` : undefined;
}

/** The name in every other header operation. */
export function operableHeaderProblem(name: string): string | undefined {
  if (name === '') return 'header name cannot be empty';
  if (name.toLowerCase() === 'host') return `invalid header "${name}": cannot set Host header`;
  return name.startsWith(':') ? `invalid header "${name}": header cannot have ":" prefix` : undefined;
}

export function isAuthorityHeader(name: string): boolean {
  const lower = name.toLowerCase();
  return lower === ':authority' || lower === 'host';
}

/** Envoy formats values: `%NAME%` is a command, `%%` a percent sign; a single `%` is an error. */
export function headerValueProblem(value: string): string | undefined {
  if (!HEADER_VALUE.test(value)) return 'the header value has a control character';
  const withoutEscapes = value.replaceAll('%%', '');
  const withoutCommands = withoutEscapes.replaceAll(/%[A-Z][A-Z0-9_]*(?:\([^)]*\))?(?::\d+)?%/g, '');
  return withoutCommands.includes('%')
    ? `the header value ${JSON.stringify(value.slice(0, 80))} has a "%" that starts no Envoy command; write "%%" for a percent sign`
    : undefined;
}
