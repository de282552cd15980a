/** Namespaces that an exportTo names; `*` alone for all of them, which is also what its absence means. */
export function exportScopes(exportTo: readonly string[] | undefined, namespace: string): ReadonlySet<string> {
  if (exportTo === undefined || exportTo.length === 0 || exportTo.includes('*')) return new Set(['*']);
  return new Set(exportTo.map((scope) => (scope === '.' ? namespace : scope)));
}
