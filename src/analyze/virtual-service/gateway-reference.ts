/** `ns/name` of a gateway as istioctl reads it: other than the mesh it does not know the old `name.ns.svc…` form. */
export function gatewayReference(gateway: string, namespace: string): string {
  return gateway.includes('/') ? gateway : `${namespace}/${gateway}`;
}
