import type { UpstreamConfig } from '../engine/config.ts';
import type { DestinationRule } from '../resources/kinds.ts';
import { isWildcard } from './host-names.ts';
import type { MeshEndpoint, MeshService } from './registry.ts';

/** Names the service binding of the worker through which a Service or ServiceEntry is reached. */
export const BINDING_ANNOTATION = 'foresail.dev/service-binding';

export interface UpstreamOptions {
  readonly clusterId: string;
  /** Those that have endpoints. */
  readonly clusters: readonly string[];
  /** Whether the edge calls hosts outside of the mesh itself; else they too go through the cluster gateway. */
  readonly directOrigins: boolean;
}

/** How the edge reaches a port of a service. */
export function resolveUpstream(
  service: MeshService,
  port: number,
  rules: readonly DestinationRule[],
  options: UpstreamOptions,
): UpstreamConfig {
  const binding = service.annotations[BINDING_ANNOTATION];
  if (binding !== undefined && binding !== '') return { kind: 'binding', name: binding };
  const link: UpstreamConfig = {
    kind: 'link',
    clusters: options.clusters.length === 0 ? [options.clusterId] : options.clusters,
  };
  if (!service.external || !options.directOrigins) return link;
  const scheme = isTls(service, port, rules) ? 'https' : 'http';
  const urls = addressesOf(service).map((endpoint) => originUrl(scheme, endpoint, service, port));
  return urls.length === 0 ? link : { kind: 'origin', urls };
}

/** TLS is originated when a DestinationRule asks for it; a port that is declared HTTPS can be spoken to no other way. */
function isTls(service: MeshService, port: number, rules: readonly DestinationRule[]): boolean {
  const protocol = service.ports.find(({ number }) => number === port)?.protocol;
  const [rule] = rules;
  const policy = rule?.spec.trafficPolicy;
  const portPolicy = policy?.portLevelSettings?.find((settings) => settings.port?.number === port);
  const mode = (portPolicy ?? policy)?.tls?.mode;
  return mode === 'SIMPLE' || mode === 'MUTUAL' || protocol === 'HTTPS' || protocol === 'TLS';
}

/** Unix sockets and wildcard hosts name nothing that a worker could call. */
function addressesOf(service: MeshService): readonly MeshEndpoint[] {
  return service.endpoints.filter(
    ({ address }) => address !== '' && !address.startsWith('unix:') && !isWildcard(address),
  );
}

function originUrl(scheme: string, endpoint: MeshEndpoint, service: MeshService, port: number): string {
  const declared = service.ports.find(({ number }) => number === port);
  const target = typeof declared?.targetPort === 'number' ? declared.targetPort : port;
  const actual = (declared === undefined ? undefined : endpoint.ports[declared.name]) ?? target;
  const host = endpoint.address.includes(':') ? `[${endpoint.address}]` : endpoint.address;
  const isDefault = (scheme === 'https' && actual === 443) || (scheme === 'http' && actual === 80);
  return `${scheme}://${host}${isDefault ? '' : `:${actual}`}`;
}
