import { messages } from '../../resources/finding-messages.ts';
import { kinds, type VirtualService } from '../../resources/kinds.ts';
import { type AnalysisFinding, onField } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';
import type { AnalysisContext } from '../context.ts';
import { exportScopes } from '../export-scopes.ts';
import { hostsOverlap } from './host-matches.ts';

type ByHost = ReadonlyMap<string, readonly VirtualService[]>;

export const conflictingMeshHosts: Analyzer = {
  name: 'virtualservice.ConflictingMeshGatewayHostsAnalyzer',
  description: 'Checks if multiple virtual services associated with the mesh gateway have conflicting hosts',
  analyze: (context) => {
    const byScope = hostsByScope(context);
    const everywhere: ByHost = byScope.get('*') ?? new Map();
    const found: AnalysisFinding[] = [];
    const told = new Set<VirtualService>();
    for (const [scope, byHost] of byScope) {
      for (const [host, own] of byHost) {
        // What a namespace sees is its own and what is exported to all.
        const all = scope === '*' ? own : [...own, ...overlapping(host, everywhere)];
        if (all.length < 2) continue;
        const virtualServices = all.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).join(',');
        for (const service of all) {
          if (told.has(service)) continue;
          told.add(service);
          const args = { virtualServices, host: `${scope}/${host}` };
          found.push(onField(messages.ConflictingMeshGatewayVirtualServiceHosts, service, args, ['metadata', 'name']));
        }
      }
    }
    return found;
  },
};

function hostsByScope({ resources, hosts }: AnalysisContext): ReadonlyMap<string, ByHost> {
  const byScope = new Map<string, Map<string, VirtualService[]>>();
  for (const service of resources.of(kinds.virtualService)) {
    const { metadata, spec } = service;
    const gateways = spec.gateways ?? [];
    if (gateways.length > 0 && !gateways.includes('mesh')) continue;
    for (const scope of exportScopes(spec.exportTo, metadata.namespace)) {
      const byHost = byScope.get(scope) ?? new Map<string, VirtualService[]>();
      byScope.set(scope, byHost);
      for (const host of new Set(spec.hosts ?? [])) {
        const name = hosts.fullName(host, metadata.namespace);
        const list = byHost.get(name);
        if (list === undefined) byHost.set(name, [service]);
        else list.push(service);
      }
    }
  }
  return byScope;
}

function overlapping(host: string, everywhere: ByHost): VirtualService[] {
  return [...everywhere].filter(([other]) => hostsOverlap(host, other)).flatMap(([, services]) => services);
}
