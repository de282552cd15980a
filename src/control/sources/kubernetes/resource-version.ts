/** KEP-5504: resource versions of one resource are whole numbers that grow. Negative: `a` is the earlier one. */
export function compareResourceVersions(a: string, b: string): number {
  return a.length === b.length ? (a < b ? -1 : a > b ? 1 : 0) : a.length - b.length;
}

export function laterResourceVersion(a: string, b: string): string {
  return compareResourceVersions(a, b) >= 0 ? a : b;
}
