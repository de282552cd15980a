import { backendTlsPolicy } from './gateway-api/backend-tls-policy.ts';
import { k8sGateway } from './gateway-api/gateway.ts';
import { gatewayClass } from './gateway-api/gateway-class.ts';
import { grpcRoute } from './gateway-api/grpc-route.ts';
import { httpRoute } from './gateway-api/http-route.ts';
import { tcpRoute, tlsRoute, udpRoute } from './gateway-api/layer4-routes.ts';
import { listenerSet, xListenerSet } from './gateway-api/listener-set.ts';
import { referenceGrant } from './gateway-api/reference-grant.ts';
import { authorizationPolicy } from './istio/authorization-policy.ts';
import { destinationRule } from './istio/destination-rule.ts';
import { envoyFilter } from './istio/envoy-filter.ts';
import { istioGateway } from './istio/gateway.ts';
import { istioOperator } from './istio/istio-operator.ts';
import { peerAuthentication } from './istio/peer-authentication.ts';
import { proxyConfig } from './istio/proxy-config.ts';
import { requestAuthentication } from './istio/request-authentication.ts';
import { serviceEntry } from './istio/service-entry.ts';
import { sidecar } from './istio/sidecar.ts';
import { telemetry } from './istio/telemetry.ts';
import { trafficExtension } from './istio/traffic-extension.ts';
import { virtualService } from './istio/virtual-service.ts';
import { wasmPlugin } from './istio/wasm-plugin.ts';
import { workloadEntry } from './istio/workload-entry.ts';
import { workloadGroup } from './istio/workload-group.ts';
import type { KindDefinition, ResourceOf } from './kind.ts';
import { configMap } from './kubernetes/config-map.ts';
import { customResourceDefinition } from './kubernetes/custom-resource-definition.ts';
import { endpointSlice, endpoints } from './kubernetes/endpoints.ts';
import { ingress, ingressClass } from './kubernetes/ingress.ts';
import { namespace } from './kubernetes/namespace.ts';
import { node } from './kubernetes/node.ts';
import { pod } from './kubernetes/pod.ts';
import { secret } from './kubernetes/secret.ts';
import { service } from './kubernetes/service.ts';
import { serviceAccount } from './kubernetes/service-account.ts';
import { mutatingWebhookConfiguration, validatingWebhookConfiguration } from './kubernetes/webhook-configuration.ts';
import { cronJob, daemonSet, deployment, job, replicaSet, statefulSet } from './kubernetes/workloads.ts';

/** Every kind that Foresail reads. The name is what code calls it; `Gateway` exists in two groups. */
export const kinds = {
  istioGateway,
  virtualService,
  destinationRule,
  serviceEntry,
  workloadEntry,
  workloadGroup,
  sidecar,
  envoyFilter,
  proxyConfig,
  authorizationPolicy,
  requestAuthentication,
  peerAuthentication,
  telemetry,
  wasmPlugin,
  trafficExtension,
  istioOperator,
  gatewayClass,
  k8sGateway,
  httpRoute,
  grpcRoute,
  tcpRoute,
  tlsRoute,
  udpRoute,
  referenceGrant,
  backendTlsPolicy,
  listenerSet,
  xListenerSet,
  namespace,
  service,
  endpoints,
  endpointSlice,
  pod,
  node,
  deployment,
  statefulSet,
  daemonSet,
  replicaSet,
  job,
  cronJob,
  serviceAccount,
  secret,
  configMap,
  ingress,
  ingressClass,
  mutatingWebhookConfiguration,
  validatingWebhookConfiguration,
  customResourceDefinition,
} as const;

export type AnyKind = (typeof kinds)[keyof typeof kinds];
export type AnyResource = ResourceOf<AnyKind>;
/** `ResourceOfKind<'VirtualService'>`; for `Gateway` say `IstioGateway` or `K8sGateway`. */
export type ResourceOfKind<K extends AnyResource['kind']> = Extract<AnyResource, { readonly kind: K }>;

export type IstioGateway = ResourceOf<typeof istioGateway>;
export type VirtualService = ResourceOf<typeof virtualService>;
export type DestinationRule = ResourceOf<typeof destinationRule>;
export type ServiceEntry = ResourceOf<typeof serviceEntry>;
export type WorkloadEntry = ResourceOf<typeof workloadEntry>;
export type WorkloadGroup = ResourceOf<typeof workloadGroup>;
export type Sidecar = ResourceOf<typeof sidecar>;
export type EnvoyFilter = ResourceOf<typeof envoyFilter>;
export type ProxyConfig = ResourceOf<typeof proxyConfig>;
export type AuthorizationPolicy = ResourceOf<typeof authorizationPolicy>;
export type RequestAuthentication = ResourceOf<typeof requestAuthentication>;
export type PeerAuthentication = ResourceOf<typeof peerAuthentication>;
export type Telemetry = ResourceOf<typeof telemetry>;
export type WasmPlugin = ResourceOf<typeof wasmPlugin>;
export type TrafficExtension = ResourceOf<typeof trafficExtension>;
export type IstioOperator = ResourceOf<typeof istioOperator>;
export type GatewayClass = ResourceOf<typeof gatewayClass>;
export type K8sGateway = ResourceOf<typeof k8sGateway>;
export type HttpRoute = ResourceOf<typeof httpRoute>;
export type GrpcRoute = ResourceOf<typeof grpcRoute>;
export type TcpRoute = ResourceOf<typeof tcpRoute>;
export type TlsRoute = ResourceOf<typeof tlsRoute>;
export type UdpRoute = ResourceOf<typeof udpRoute>;
export type ReferenceGrant = ResourceOf<typeof referenceGrant>;
export type BackendTlsPolicy = ResourceOf<typeof backendTlsPolicy>;
export type ListenerSet = ResourceOf<typeof listenerSet>;
export type XListenerSet = ResourceOf<typeof xListenerSet>;
export type Namespace = ResourceOf<typeof namespace>;
export type Service = ResourceOf<typeof service>;
export type Endpoints = ResourceOf<typeof endpoints>;
export type EndpointSlice = ResourceOf<typeof endpointSlice>;
export type Pod = ResourceOf<typeof pod>;
export type Node = ResourceOf<typeof node>;
export type Deployment = ResourceOf<typeof deployment>;
export type StatefulSet = ResourceOf<typeof statefulSet>;
export type DaemonSet = ResourceOf<typeof daemonSet>;
export type ReplicaSet = ResourceOf<typeof replicaSet>;
export type Job = ResourceOf<typeof job>;
export type CronJob = ResourceOf<typeof cronJob>;
export type ServiceAccount = ResourceOf<typeof serviceAccount>;
export type Secret = ResourceOf<typeof secret>;
export type ConfigMap = ResourceOf<typeof configMap>;
export type Ingress = ResourceOf<typeof ingress>;
export type IngressClass = ResourceOf<typeof ingressClass>;
export type MutatingWebhookConfiguration = ResourceOf<typeof mutatingWebhookConfiguration>;
export type ValidatingWebhookConfiguration = ResourceOf<typeof validatingWebhookConfiguration>;
export type CustomResourceDefinition = ResourceOf<typeof customResourceDefinition>;

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
