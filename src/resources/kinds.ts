import { authorizationPolicy } from './istio/authorization-policy.ts';
import { destinationRule } from './istio/destination-rule.ts';
import { istioGateway } from './istio/gateway.ts';
import { requestAuthentication } from './istio/request-authentication.ts';
import { virtualService } from './istio/virtual-service.ts';
import type { KindDefinition, ResourceOf } from './kind.ts';
import { configMap } from './kubernetes/config-map.ts';
import { namespace } from './kubernetes/namespace.ts';
import { pod } from './kubernetes/pod.ts';
import { service } from './kubernetes/service.ts';
import { cronJob, daemonSet, deployment, job, replicaSet, statefulSet } from './kubernetes/workloads.ts';

/** Every kind that Foresail reads. The name is what code calls it; `Gateway` exists in two groups. */
export const kinds = {
  istioGateway,
  virtualService,
  destinationRule,
  authorizationPolicy,
  requestAuthentication,
  namespace,
  service,
  pod,
  deployment,
  statefulSet,
  daemonSet,
  replicaSet,
  job,
  cronJob,
  configMap,
} as const;

export type AnyKind = (typeof kinds)[keyof typeof kinds];
export type AnyResource = ResourceOf<AnyKind>;
/** `ResourceOfKind<'VirtualService'>`; for `Gateway` say `IstioGateway` or `K8sGateway`. */
export type ResourceOfKind<K extends AnyResource['kind']> = Extract<AnyResource, { readonly kind: K }>;

export type IstioGateway = ResourceOf<typeof istioGateway>;
export type VirtualService = ResourceOf<typeof virtualService>;
export type DestinationRule = ResourceOf<typeof destinationRule>;
export type AuthorizationPolicy = ResourceOf<typeof authorizationPolicy>;
export type RequestAuthentication = ResourceOf<typeof requestAuthentication>;
export type Namespace = ResourceOf<typeof namespace>;
export type Service = ResourceOf<typeof service>;
export type Pod = ResourceOf<typeof pod>;
export type Deployment = ResourceOf<typeof deployment>;
export type StatefulSet = ResourceOf<typeof statefulSet>;
export type DaemonSet = ResourceOf<typeof daemonSet>;
export type ReplicaSet = ResourceOf<typeof replicaSet>;
export type Job = ResourceOf<typeof job>;
export type CronJob = ResourceOf<typeof cronJob>;
export type ConfigMap = ResourceOf<typeof configMap>;

const definitions: readonly KindDefinition[] = Object.values(kinds);
const byGroupAndKind = new Map(definitions.map((definition) => [`${definition.group}/${definition.kind}`, definition]));

/** The definition of a kind in a group, whatever the version. */
export function definitionOf(group: string, kind: string): KindDefinition | undefined {
  return byGroupAndKind.get(`${group}/${kind}`);
}

/** The definition of a kind that is served in this `apiVersion`. */
export function kindFor(apiVersion: string, kind: string): KindDefinition | undefined {
  const { group, version } = splitApiVersion(apiVersion);
  const definition = definitionOf(group, kind);
  return definition?.versions.includes(version) ? definition : undefined;
}

export function kindsOfGroup(group: string): string[] {
  return definitions.filter((definition) => definition.group === group).map(({ kind }) => kind);
}

/** `apps/v1` → group `apps`; `v1` → the core group, which is empty. */
export function splitApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return slash === -1
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** Whether a resource is of a kind: kind and group, since `Gateway` exists in two groups. */
export function isKind<D extends AnyKind>(
  resource: AnyResource,
  definition: D,
): resource is ResourceOf<D> & AnyResource {
  return resource.kind === definition.kind && splitApiVersion(resource.apiVersion).group === definition.group;
}

/** The resources of one kind, in order. */
export function resourcesOf<D extends AnyKind>(resources: readonly AnyResource[], definition: D): ResourceOf<D>[] {
  return resources.filter((resource) => isKind(resource, definition));
}
