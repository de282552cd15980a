import type { Mesh } from '../../mesh/model.ts';
import type { Finding } from '../../resources/finding.ts';
import { type AnyKind, type AnyResource, kinds } from '../../resources/kinds.ts';
import type { Origin } from '../../resources/origin.ts';
import { type DesiredStatus, idOf, type StatusTarget } from './desired-status.ts';
import { CONTROLLER_NAME, gatewayClassStatus, gatewayStatus, routeStatus } from './gateway-api-status.ts';
import { istioStatus, type Progress } from './istio-status.ts';

/** Istio's kinds that have a status. */
const ISTIO_KINDS: readonly AnyKind[] = [
  kinds.istioGateway,
  kinds.virtualService,
  kinds.destinationRule,
  kinds.serviceEntry,
  kinds.workloadEntry,
  kinds.sidecar,
  kinds.envoyFilter,
  kinds.authorizationPolicy,
  kinds.requestAuthentication,
  kinds.peerAuthentication,
  kinds.telemetry,
  kinds.wasmPlugin,
];

/** An object that was refused as it is now. */
export interface RefusedObject {
  readonly target: StatusTarget;
  readonly findings: readonly Finding[];
}

export interface StatusInput {
  readonly mesh: Mesh;
  readonly findings: readonly Finding[];
  readonly refused: readonly RefusedObject[];
  readonly gatewayClasses: readonly string[];
  progressOf(target: StatusTarget): Progress;
}

/** What the status of every object should say that Foresail is responsible for. */
export function computeStatuses(input: StatusInput): DesiredStatus[] {
  const { mesh, findings, refused, progressOf } = input;
  const findingsOf = byObject(findings);
  const refusedIds = new Set(refused.map(({ target }) => idOf(target)));
  const statuses = refused
    .filter(({ target }) => ISTIO_KINDS.includes(target.definition))
    .map(({ target, findings: own }) => istioStatus(target, own, true, progressOf(target)));
  for (const definition of ISTIO_KINDS) {
    for (const resource of mesh.resources.of(definition)) {
      const target = targetOf(definition, resource);
      if (target === undefined || refusedIds.has(idOf(target))) continue;
      const own = findingsOf.get(keyOf(resource.originOf())) ?? [];
      statuses.push(istioStatus(target, own, false, progressOf(target)));
    }
  }
  return [...statuses, ...gatewayApiStatuses(input)];
}

function gatewayApiStatuses({ mesh, gatewayClasses }: StatusInput): DesiredStatus[] {
  const { resources, apiStatus } = mesh;
  const statuses: DesiredStatus[] = [];
  const foreign = new Set<string>();
  for (const gatewayClass of resources.of(kinds.gatewayClass)) {
    const target = targetOf(kinds.gatewayClass, gatewayClass);
    // A class of the same name may be another controller's, which says so itself.
    if (gatewayClass.spec.controllerName !== CONTROLLER_NAME) foreign.add(gatewayClass.metadata.name);
    else if (target !== undefined && gatewayClasses.includes(target.name)) statuses.push(gatewayClassStatus(target));
  }
  const gateways = new Map(apiStatus.gateways.map((status) => [keyOf(status.origin), status]));
  for (const gateway of resources.of(kinds.k8sGateway)) {
    const target = targetOf(kinds.k8sGateway, gateway);
    const status = gateways.get(keyOf(gateway.originOf()));
    if (target === undefined || status === undefined || foreign.has(gateway.spec.gatewayClassName)) continue;
    statuses.push(gatewayStatus(target, status));
  }
  const parents = Map.groupBy(apiStatus.routes, ({ origin }) => keyOf(origin));
  for (const definition of [kinds.httpRoute, kinds.grpcRoute]) {
    for (const route of resources.of(definition)) {
      const target = targetOf(definition, route);
      const own = parents.get(keyOf(route.originOf()));
      if (target === undefined || own === undefined) continue;
      statuses.push(routeStatus(target, route.spec.parentRefs ?? [], own));
    }
  }
  return statuses;
}

/** Undefined: not an object of an API server. */
export function targetOf(definition: AnyKind, { metadata }: Pick<AnyResource, 'metadata'>): StatusTarget | undefined {
  const { namespace, name, uid, generation = 0 } = metadata;
  return uid === undefined ? undefined : { definition, namespace, name, uid, generation };
}

function byObject(findings: readonly Finding[]): ReadonlyMap<string, readonly Finding[]> {
  return Map.groupBy(findings, ({ origin }) => keyOf(origin));
}

function keyOf({ kind, namespace, name }: Origin): string {
  return `${kind}/${namespace}/${name}`;
}
