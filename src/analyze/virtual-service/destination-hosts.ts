import { messages } from '../../resources/finding-messages.ts';
import { kinds, type VirtualService } from '../../resources/kinds.ts';
import { type AnalysisFinding, onField, onObject } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';
import type { AnalysisContext } from '../context.ts';
import type { KnownHost } from '../service-hosts.ts';
import { destinationsOf, type NamedDestination } from './destinations-of.ts';

export const destinationHosts: Analyzer = {
  name: 'virtualservice.DestinationHostAnalyzer',
  description: 'Checks the destination hosts associated with each virtual service',
  analyze: (context) => {
    const services = context.resources.of(kinds.virtualService);
    const withSubsets = ownHostsWithSubsets(services);
    return services.flatMap((service) => [
      ...checkHosts(service, context),
      ...checkIgnoredSubsets(service, withSubsets),
    ]);
  },
};

function checkHosts(service: VirtualService, { hosts }: AnalysisContext): AnalysisFinding[] {
  return destinationsOf(service).flatMap((named) => {
    const { host, port } = named.destination;
    const known = hosts.find(host, service.metadata.namespace, service.spec.exportTo);
    if (known === undefined) {
      return [tell(service, named, { reftype: named.isMirror ? 'mirror host' : 'host', refval: host })];
    }
    return port === undefined ? checkOnlyPort(service, named, known) : checkPort(service, named, known);
  });
}

function checkPort(service: VirtualService, named: NamedDestination, { ports }: KnownHost): AnalysisFinding[] {
  const { host, port } = named.destination;
  const number = port?.number ?? 0;
  if (ports.includes(number)) return [];
  return [tell(service, named, { reftype: 'host:port', refval: `${host}:${number}` })];
}

/** Without a port, the host must have no choice of them. */
function checkOnlyPort(service: VirtualService, named: NamedDestination, { ports }: KnownHost): AnalysisFinding[] {
  if (ports.length < 2) return [];
  const args = { destHost: named.destination.host, destPorts: ports };
  return [onField(messages.VirtualServiceDestinationPortSelectorRequired, service, args, named.hostPath)];
}

function tell(
  service: VirtualService,
  { hostPath, path }: NamedDestination,
  args: { readonly reftype: string; readonly refval: string },
): AnalysisFinding {
  const found = onField(messages.ReferencedResourceNotFound, service, args, hostPath);
  return { ...found, place: service.originOf([...path, 'host']) };
}

/** VirtualServices that route their own host to subsets, as sidecars follow them: host → names. */
function ownHostsWithSubsets(services: readonly VirtualService[]): ReadonlyMap<string, readonly string[]> {
  const byHost = new Map<string, Set<string>>();
  for (const { metadata, spec } of services) {
    for (const { destination } of (spec.http ?? []).flatMap(({ route = [] }) => route)) {
      if (!destination.subset || !(spec.hosts ?? []).includes(destination.host)) continue;
      const names = byHost.get(destination.host) ?? new Set();
      byHost.set(destination.host, names.add(`${metadata.namespace}/${metadata.name}`));
    }
  }
  return new Map([...byHost].map(([host, names]) => [host, [...names]]));
}

/** A gateway that routes to a host does not follow the VirtualService of that host: its subsets are for sidecars. */
function checkIgnoredSubsets(
  service: VirtualService,
  withSubsets: ReadonlyMap<string, readonly string[]>,
): AnalysisFinding[] {
  const { metadata, spec } = service;
  if ((spec.gateways ?? []).length === 0) return [];
  return (spec.http ?? []).flatMap(({ route = [] }, i) =>
    route.flatMap(({ destination }, j) => {
      if (destination.subset) return [];
      return (withSubsets.get(destination.host) ?? []).map((virtualservicesubset) => {
        const args = { virtualservicesubset, virtualservice: `${metadata.namespace}/${metadata.name}` };
        const path = ['spec', 'http', i, 'route', j, 'destination', 'host'];
        return onObject(messages.IngressRouteRulesNotAffected, service, args, path);
      });
    }),
  );
}
