/** Envoy compares audiences without scheme and without one trailing slash. */
export function prepareAudiences(allowed: readonly string[]): (audiences: readonly string[]) => boolean {
  if (allowed.length === 0) return () => true;
  const known = new Set(allowed.map(sanitize));
  return (audiences) => audiences.some((audience) => known.has(sanitize(audience)));
}

function sanitize(audience: string): string {
  const start = audience.startsWith('http://') ? 7 : audience.startsWith('https://') ? 8 : 0;
  return audience.slice(start, audience.endsWith('/') ? -1 : undefined);
}
