import { describeOrigin } from '../../resources/origin.ts';
import { type ExplainNode, node } from './node.ts';
import type { Told } from './told.ts';

/** Kinds that bring hosts and rules. */
const ROUTING = new Set(['VirtualService', 'Gateway', 'HTTPRoute', 'GRPCRoute', 'Ingress', 'File', 'Document']);
const MAX_SHOWN = 3;

/** Objects whose mistakes keep them out: behind a 404 there is often one. */
export function takingNoPart({ findings }: Told): ExplainNode[] {
  const seen = new Set<string>();
  const nodes: ExplainNode[] = [];
  for (const { level, code, message, origin } of findings) {
    const object = describeOrigin(origin);
    if (level !== 'Error' || !ROUTING.has(origin.kind) || seen.has(object)) continue;
    seen.add(object);
    const { column: _, ...place } = origin;
    nodes.push(node('not-served', 'near', `${object} takes no part: ${message} [${code}]`, { origin: place }));
  }
  return nodes.slice(0, MAX_SHOWN);
}
