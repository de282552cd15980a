import { isWildcard } from '../../mesh/host-names.ts';

/** Istio's host.Name.Matches: whether two names have any host in common, whichever of them is the wider. */
export function hostsOverlap(first: string, second: string): boolean {
  const [a, b] = [first.replace(/^\*/, ''), second.replace(/^\*/, '')];
  if (isWildcard(first)) return isWildcard(second) ? a.endsWith(b) || b.endsWith(a) : second.endsWith(a);
  return isWildcard(second) ? first.endsWith(b) : first === second;
}
