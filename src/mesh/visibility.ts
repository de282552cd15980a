/** exportTo (ISTIO.md 1.0): which namespaces see a resource. */
export type Visibility =
  | { readonly kind: 'public' }
  | { readonly kind: 'none' }
  | { readonly kind: 'namespaces'; readonly names: ReadonlySet<string> };

const PUBLIC: Visibility = { kind: 'public' };

/** `defaults` are the mesh's (defaultServiceExportTo …); without them a resource is public. */
export function visibilityOf(
  exportTo: readonly string[] | undefined,
  namespace: string,
  defaults: readonly string[] | undefined,
): Visibility {
  const list = exportTo !== undefined && exportTo.length > 0 ? exportTo : (defaults ?? []);
  if (list.length === 0 || list.includes('*')) return PUBLIC;
  if (list.includes('~')) return { kind: 'none' };
  return { kind: 'namespaces', names: new Set(list.map((name) => (name === '.' ? namespace : name))) };
}

export function isVisibleIn(visibility: Visibility, namespace: string): boolean {
  switch (visibility.kind) {
    case 'public':
      return true;
    case 'none':
      return false;
    case 'namespaces':
      return visibility.names.has(namespace);
  }
}
