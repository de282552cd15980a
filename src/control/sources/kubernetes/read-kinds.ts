import { type AnyKind, kinds } from '../../../resources/kinds.ts';

/** How a kind is asked for. */
export interface ReadKind {
  readonly definition: AnyKind;
  /** Only labels and annotations of it matter. */
  readonly metadataOnly?: boolean;
  readonly fieldSelector?: string;
}

const RUNNING = 'status.phase!=Succeeded,status.phase!=Failed';

/** Secrets that are no business of a mesh, and may be many and large. */
const OTHER_SECRETS = ['helm.sh/release.v1', 'kubernetes.io/service-account-token'];

/**
 * What is watched in a cluster. Not Endpoints: the API server mirrors them into EndpointSlices. Not what Deployments and
 * the like make: pods are known here.
 */
export const READ_KINDS: readonly ReadKind[] = [
  { definition: kinds.istioGateway },
  { definition: kinds.virtualService },
  { definition: kinds.destinationRule },
  { definition: kinds.serviceEntry },
  { definition: kinds.workloadEntry },
  { definition: kinds.workloadGroup },
  { definition: kinds.sidecar },
  { definition: kinds.envoyFilter },
  { definition: kinds.proxyConfig },
  { definition: kinds.authorizationPolicy },
  { definition: kinds.requestAuthentication },
  { definition: kinds.peerAuthentication },
  { definition: kinds.telemetry },
  { definition: kinds.wasmPlugin },
  { definition: kinds.trafficExtension },
  { definition: kinds.gatewayClass },
  { definition: kinds.k8sGateway },
  { definition: kinds.httpRoute },
  { definition: kinds.grpcRoute },
  { definition: kinds.tcpRoute },
  { definition: kinds.tlsRoute },
  { definition: kinds.udpRoute },
  { definition: kinds.referenceGrant },
  { definition: kinds.backendTlsPolicy },
  { definition: kinds.listenerSet },
  { definition: kinds.xListenerSet },
  { definition: kinds.namespace, metadataOnly: true },
  { definition: kinds.service },
  { definition: kinds.endpointSlice },
  { definition: kinds.pod, fieldSelector: RUNNING },
  { definition: kinds.node },
  { definition: kinds.deployment },
  { definition: kinds.statefulSet },
  { definition: kinds.daemonSet },
  { definition: kinds.serviceAccount, metadataOnly: true },
  { definition: kinds.secret, fieldSelector: OTHER_SECRETS.map((type) => `type!=${type}`).join() },
  { definition: kinds.configMap, fieldSelector: 'metadata.name=istio' },
  { definition: kinds.ingress },
  { definition: kinds.ingressClass },
  { definition: kinds.customResourceDefinition, metadataOnly: true },
];

/** What is read of other clusters: what runs there. Configuration is the mesh's own. */
export const REMOTE_KINDS: readonly ReadKind[] = [
  { definition: kinds.namespace, metadataOnly: true },
  { definition: kinds.service },
  { definition: kinds.endpointSlice },
  { definition: kinds.pod, fieldSelector: RUNNING },
  { definition: kinds.node },
  { definition: kinds.workloadEntry },
];
