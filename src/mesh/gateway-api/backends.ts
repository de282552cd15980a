import type { Destination } from '../../engine/config.ts';
import type { HttpBackendRef } from '../../resources/gateway-api/http-route-schema.ts';
import type { ReferenceGrant } from '../../resources/kinds.ts';
import type { FieldPath, Resource } from '../../resources/resource.ts';
import { configOrigin } from '../config-origin.ts';
import type { ClusterResolver } from '../destinations.ts';
import type { MeshSettings } from '../model.ts';
import type { ServiceRegistry } from '../registry.ts';

export interface BackendContext {
  readonly registry: ServiceRegistry;
  readonly clusters: ClusterResolver;
  readonly grants: readonly ReferenceGrant[];
  readonly settings: MeshSettings;
  /** Namespace of the gateway workload: what services it may see. */
  readonly clientNamespace: string;
}

/** Why a backend cannot be used, by the reasons of the ResolvedRefs condition. */
export interface BackendProblem {
  readonly reason: 'InvalidKind' | 'BackendNotFound' | 'RefNotPermitted';
  readonly message: string;
}

export type BackendReference = Omit<HttpBackendRef, 'filters' | 'weight'>;

/** The cluster of a backend, or why there is none (its share is then answered 500). */
export function resolveBackend(
  reference: BackendReference,
  route: Resource,
  context: BackendContext,
): string | BackendProblem {
  const { group, kind, name, port } = reference;
  const namespace = reference.namespace ?? route.metadata.namespace;
  if (namespace !== route.metadata.namespace && !isGranted(reference, namespace, route, context.grants)) {
    return {
      reason: 'RefNotPermitted',
      message: `no ReferenceGrant in namespace ${namespace} lets a ${route.kind} of ${route.metadata.namespace} refer to ${kind} ${name}`,
    };
  }
  const host = hostOf(group, kind, name, namespace, context.settings.domainSuffix);
  if (host === undefined) {
    return {
      reason: 'InvalidKind',
      message: `a backend of kind ${group === '' ? kind : `${group}/${kind}`} is not known`,
    };
  }
  const service = context.registry.find(host, context.clientNamespace);
  const wanted = port ?? service?.ports[0]?.number;
  if (service === undefined || wanted === undefined) {
    return { reason: 'BackendNotFound', message: `there is no ${kind} ${namespace}/${name}` };
  }
  if (!service.ports.some((candidate) => candidate.number === wanted)) {
    return { reason: 'BackendNotFound', message: `${kind} ${namespace}/${name} has no port ${wanted}` };
  }
  return context.clusters.resolve({ host, port: { number: wanted } }, namespace, wanted);
}

export function destinationOf(
  resolved: string | BackendProblem,
  weight: number,
  route: Resource,
  path: FieldPath,
): Destination {
  const origin = configOrigin(route, path);
  // "an HTTP 500 status code MUST be returned" for the share of an invalid backend (HTTPRouteRule.backendRefs).
  return typeof resolved === 'string' ? { weight, cluster: resolved, origin } : { weight, status: 500, origin };
}

function hostOf(group: string, kind: string, name: string, namespace: string, suffix: string): string | undefined {
  if (group === '' && kind === 'Service') return `${name}.${namespace}.svc.${suffix}`;
  if (group === 'networking.istio.io' && kind === 'Hostname') return name.toLowerCase();
  return undefined;
}

function isGranted(
  { group, kind, name }: BackendReference,
  namespace: string,
  route: Resource,
  grants: readonly ReferenceGrant[],
): boolean {
  const routeGroup = route.apiVersion.slice(0, route.apiVersion.indexOf('/'));
  return grants.some(
    ({ metadata, spec }) =>
      metadata.namespace === namespace &&
      spec.from.some(
        (from) => from.group === routeGroup && from.kind === route.kind && from.namespace === route.metadata.namespace,
      ) &&
      spec.to.some((to) => to.group === group && to.kind === kind && (!to.name || to.name === name)),
  );
}
