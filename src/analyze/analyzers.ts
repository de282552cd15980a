import type { Analyzer } from './analyzer.ts';
import { alphaAnnotations } from './annotations/alpha-annotations.ts';
import { k8sAnnotations } from './annotations/k8s-annotations.ts';
import { blockedCidrs } from './authn/blocked-cidrs.ts';
import { authorizationPolicies } from './authz/authorization-policies.ts';
import { conditions } from './conditions/conditions.ts';
import { applicationUid } from './deployment/application-uid.ts';
import { multiService } from './deployment/multi-service.ts';
import { deprecation } from './deprecation/deprecation.ts';
import { caCertificates } from './destination-rule/ca-certificates.ts';
import { subsetPods } from './destination-rule/subset-pods.ts';
import { anonymousRequests } from './edge/anonymous-requests.ts';
import { certificates } from './edge/certificates.ts';
import { delegateReferences } from './edge/delegate-references.ts';
import { headerFormatters } from './edge/header-formatters.ts';
import { lostSlashes } from './edge/lost-slashes.ts';
import { pathPrefixes } from './edge/path-prefixes.ts';
import { shadowedRules } from './edge/shadowed-rules.ts';
import { subsetEndpoints } from './edge/subset-endpoints.ts';
import { envoyPatch } from './envoy-filter/envoy-patch.ts';
import { externalControlPlane } from './external-control-plane/external-control-plane.ts';
import { conflictingGateway } from './gateway/conflicting-gateway.ts';
import { duplicateCertificate } from './gateway/duplicate-certificate.ts';
import { ingressGatewayPort } from './gateway/ingress-gateway-port.ts';
import { gatewaySecret } from './gateway/secret.ts';
import { injectionImage } from './injection/image.ts';
import { imageAuto } from './injection/image-auto.ts';
import { injection } from './injection/injection.ts';
import { crdVersion } from './k8s-gateway/crd-version.ts';
import { k8sGatewaySelector } from './k8s-gateway/selector.ts';
import { meshNetworks } from './multicluster/mesh-networks.ts';
import { validationAnalyzers } from './schema/validation-kinds.ts';
import { portName } from './service/port-name.ts';
import { conflictingProtocol } from './service-entry/conflicting-protocol.ts';
import { protocolAddresses } from './service-entry/protocol-addresses.ts';
import { sidecarSelector } from './sidecar/selector.ts';
import { telemetryDefaultSelector } from './telemetry/default-selector.ts';
import { telemetryProvider } from './telemetry/provider.ts';
import { telemetrySelector } from './telemetry/selector.ts';
import { conflictingMeshHosts } from './virtual-service/conflicting-mesh-hosts.ts';
import { destinationHosts } from './virtual-service/destination-hosts.ts';
import { destinationRules } from './virtual-service/destination-rules.ts';
import { gateways } from './virtual-service/gateways.ts';
import { jwtClaimRoute } from './virtual-service/jwt-claim-route.ts';
import { webhooks } from './webhook/webhook.ts';

/** In the order in which they run: Istio's in istioctl's order, then Foresail's own. */
export const analyzers: readonly Analyzer[] = [
  k8sAnnotations,
  blockedCidrs,
  authorizationPolicies,
  conditions,
  multiService,
  applicationUid,
  caCertificates,
  subsetPods,
  deprecation,
  envoyPatch,
  externalControlPlane,
  ingressGatewayPort,
  duplicateCertificate,
  gatewaySecret,
  conflictingGateway,
  injection,
  injectionImage,
  imageAuto,
  crdVersion,
  k8sGatewaySelector,
  meshNetworks,
  portName,
  sidecarSelector,
  conflictingMeshHosts,
  destinationHosts,
  destinationRules,
  gateways,
  jwtClaimRoute,
  conflictingProtocol,
  protocolAddresses,
  webhooks,
  telemetryProvider,
  telemetrySelector,
  telemetryDefaultSelector,
  ...validationAnalyzers,
  delegateReferences,
  shadowedRules,
  pathPrefixes,
  headerFormatters,
  lostSlashes,
  subsetEndpoints,
  anonymousRequests,
  certificates,
];

/** Those that run only when they are asked for by name. */
export const optionalAnalyzers: readonly Analyzer[] = [alphaAnnotations];
