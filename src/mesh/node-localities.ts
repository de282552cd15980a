import type { Node } from '../resources/kinds.ts';

/** `region/zone/subzone` of each node, by its name. */
export type NodeLocalities = ReadonlyMap<string, string>;

const LOCALITY_LABEL = 'istio-locality';

export function nodeLocalities(nodes: readonly Node[]): NodeLocalities {
  return new Map(nodes.map(({ metadata: { name, labels } }) => [name, ofNode(labels)]));
}

function ofNode(labels: Readonly<Record<string, string>>): string {
  const region = labels['topology.kubernetes.io/region'] ?? '';
  const zone = labels['topology.kubernetes.io/zone'] ?? '';
  const subzone = labels['topology.istio.io/subzone'] ?? '';
  return [region, zone, subzone].join('/').replace(/\/+$/, '');
}

/** A workload's own label before its node's; values of labels have no slashes, so Istio writes dots there. */
export function localityOf(
  labels: Readonly<Record<string, string>>,
  nodeName: string | undefined,
  nodes: NodeLocalities,
): string {
  const own = labels[LOCALITY_LABEL];
  if (own) return own.includes('/') ? own : own.replaceAll('.', '/');
  return nodes.get(nodeName ?? '') ?? '';
}
