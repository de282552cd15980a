import { messages } from '../../resources/finding-messages.ts';
import { kinds, type ServiceEntry } from '../../resources/kinds.ts';
import { type AnalysisFinding, onField } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';
import { exportScopes } from '../export-scopes.ts';

interface Claim {
  readonly entry: ServiceEntry;
  readonly protocol: string;
}

export const conflictingProtocol: Analyzer = {
  name: 'serviceentry.ConflictingServiceEntryProtocolAnalyzer',
  description: 'Checks if multiple ServiceEntries define the same host and port with different protocols',
  analyze: ({ resources }) => {
    const byScope = new Map<string, Map<string, Claim[]>>();
    for (const entry of resources.of(kinds.serviceEntry)) {
      for (const scope of exportScopes(entry.spec.exportTo, entry.metadata.namespace)) {
        const claims = byScope.get(scope) ?? new Map<string, Claim[]>();
        byScope.set(scope, claims);
        for (const host of entry.spec.hosts) {
          for (const { number, protocol = '' } of entry.spec.ports ?? []) {
            const key = `${number} ${host}`;
            claims.set(key, [...(claims.get(key) ?? []), { entry, protocol: protocol.toUpperCase() }]);
          }
        }
      }
    }
    return tellAll(byScope);
  },
};

function tellAll(byScope: ReadonlyMap<string, ReadonlyMap<string, readonly Claim[]>>): AnalysisFinding[] {
  const found: AnalysisFinding[] = [];
  const told = new Set<ServiceEntry>();
  for (const [scope, claims] of byScope) {
    for (const [key, own] of claims) {
      const all = scope === '*' ? own : [...own, ...(byScope.get('*')?.get(key) ?? [])];
      const protocols = [...new Set(all.map(({ protocol }) => protocol))].sort();
      if (protocols.length < 2) continue;
      const [port = '', host = ''] = key.split(' ');
      const names = all.map(({ entry: { metadata } }) => `${metadata.namespace}/${metadata.name}`);
      const serviceEntries = [...new Set(names)].sort().join(', ');
      for (const { entry } of all) {
        if (told.has(entry)) continue;
        told.add(entry);
        const args = { serviceEntries, host, port, protocols: protocols.join(', ') };
        found.push(onField(messages.ConflictingServiceEntryProtocol, entry, args, ['metadata', 'name']));
      }
    }
  }
  return found;
}
