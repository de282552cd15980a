/**
 * Host names as Istio compares them: lower case, a wildcard only as the leftmost label (`*.foo.com`) or alone
 * (`*`). ISTIO.md 1.0.
 */

/** The full name of a host as written in a resource of `namespace`: only names without a dot are short. */
export function resolveHost(host: string, namespace: string, domainSuffix: string): string {
  const name = host.toLowerCase();
  return name === '*' || name === '' || name.includes('.') || name.includes(':')
    ? name
    : `${name}.${namespace}.svc.${domainSuffix}`;
}

export function isWildcard(host: string): boolean {
  return host.startsWith('*');
}

/** Whether every name that `inner` stands for is one that `outer` stands for. */
export function isSubsetOf(inner: string, outer: string): boolean {
  if (outer === '*' || inner === outer) return true;
  if (!isWildcard(outer)) return false;
  const suffix = outer.slice(1);
  // `*.foo.com` does not stand for `foo.com`.
  return (isWildcard(inner) ? inner.slice(1) : inner).endsWith(suffix) && inner.length > suffix.length;
}

/** For each pair of names that overlap, the more specific one; in order, without repetition. */
export function intersectHosts(first: readonly string[], second: readonly string[]): string[] {
  const found = new Set<string>();
  for (const a of first) {
    for (const b of second) {
      if (isSubsetOf(a, b)) found.add(a);
      else if (isSubsetOf(b, a)) found.add(b);
    }
  }
  return [...found];
}

/** Most specific first: exact names before wildcards, longer before shorter. */
export function bySpecificity(a: string, b: string): number {
  const wildA = isWildcard(a);
  if (wildA !== isWildcard(b)) return wildA ? 1 : -1;
  return b.length - a.length || (a < b ? -1 : a > b ? 1 : 0);
}

/** The names under which something about `host` may be filed, the most specific first: itself, wildcards, `*`. */
export function namesCovering(host: string): string[] {
  const names = [host];
  for (let start = isWildcard(host) ? 2 : 1; start < host.length; start++) names.push(`*${host.slice(start)}`);
  if (host !== '*') names.push('*');
  return names;
}
