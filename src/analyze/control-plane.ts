/** Istio's own objects, by their labels: what is said about users' workloads is not said about them. */
export function isControlPlane({
  metadata,
}: {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
}): boolean {
  return metadata.labels.istio !== undefined || metadata.labels.release === 'istio';
}
