import type { PairView } from '../../control/console/wire.ts';
import type { Gathered } from './gathered.ts';
import { EDGE, gatewayId, type Places, serviceId } from './places.ts';

/** What was seen, from the clients over edge and gateway to the pods. */
export function addFlows(gathered: Gathered, places: Places, flows: readonly PairView[]): void {
  const gateways = gatewaysByService(flows);
  const securityOf = spokenBetween(flows);
  for (const flow of withoutEchoes(flows)) {
    const { source, destination } = flow;
    const isLocked = securityOf(flow) === 'mutual_tls';
    const from = places.caller(source);
    if (from === undefined) continue;
    if (destination.kind === 'edge') {
      gathered.edge(from, `${EDGE}${destination.name}`, { flow, isLocked });
      continue;
    }
    if (!places.has(destination.service)) continue;
    const gateway = source.kind === 'edge' ? gateways.get(destination.service) : undefined;
    if (gateway !== undefined) {
      // What comes after it, the gateway tells itself.
      gathered.edge(from, gateway, { flow, isLocked });
      continue;
    }
    gathered.edge(from, serviceId(destination.service), { flow, isLocked });
    const workload = places.workload(destination, destination.service);
    if (workload !== undefined) gathered.edge(serviceId(destination.service), workload, { flow, isLocked });
  }
}

/** By the host of a service: through which gateway the edge reaches it. */
function gatewaysByService(flows: readonly PairView[]): ReadonlyMap<string, string> {
  return new Map(
    flows.flatMap(({ source, destination }) =>
      source.kind === 'gateway' ? [[destination.service, gatewayId(source)] as const] : [],
    ),
  );
}

/** A call between two proxies is told by both of them; the caller's word is enough. */
function withoutEchoes(flows: readonly PairView[]): PairView[] {
  const told = new Set(flows.filter(({ reporter }) => reporter === 'source').map(pairKey));
  return flows.filter(
    (flow) => flow.reporter !== 'destination' || (flow.source.kind === 'workload' && !told.has(pairKey(flow))),
  );
}

/** What a connection is protected by only the callee can tell. */
function spokenBetween(flows: readonly PairView[]): (flow: PairView) => PairView['security'] {
  const spoken = new Map<string, PairView['security']>();
  for (const flow of flows) {
    const key = pairKey(flow);
    if (flow.reporter === 'destination' && spoken.get(key) !== 'none') spoken.set(key, flow.security);
  }
  return (flow) => (flow.security === 'unknown' ? (spoken.get(pairKey(flow)) ?? 'unknown') : flow.security);
}

function pairKey({ source, destination }: PairView): string {
  return [source.namespace, source.name, destination.namespace, destination.name].join('\n');
}
