import { defineMessages } from './message-table.ts';

/**
 * Istio's messages (pkg/config/analysis/msg/messages.yaml) with its codes, names, levels and wording, so that habits
 * and suppressions carry over. To add one: code, level, template.
 */
export const istioMessages = defineMessages({
  InternalError: { code: 'IST0001', level: 'Error', template: 'Internal error: {detail}' },
  Deprecated: { code: 'IST0002', level: 'Warning', template: 'Deprecated: {detail}' },
  ReferencedResourceNotFound: {
    code: 'IST0101',
    level: 'Error',
    template: 'Referenced {reftype} not found: "{refval}"',
    fix: 'Correct the reference "{refval}", or create what it names.',
  },
  NamespaceNotInjected: {
    code: 'IST0102',
    level: 'Info',
    template:
      "The namespace is not enabled for Istio injection. Run 'kubectl label namespace {namespace} istio-injection=enabled' to enable it, or 'kubectl label namespace {namespace} istio-injection=disabled' to explicitly mark it as not needing injection.",
  },
  PodMissingProxy: {
    code: 'IST0103',
    level: 'Warning',
    template:
      'The pod {podName} is missing the Istio proxy. This can often be resolved by restarting or redeploying the workload.',
  },
  SchemaValidationError: { code: 'IST0106', level: 'Error', template: 'Schema validation error: {err}' },
  MisplacedAnnotation: {
    code: 'IST0107',
    level: 'Warning',
    template: 'Misplaced annotation: {annotation} can only be applied to {kind}',
  },
  UnknownAnnotation: { code: 'IST0108', level: 'Warning', template: 'Unknown annotation: {annotation}' },
  ConflictingMeshGatewayVirtualServiceHosts: {
    code: 'IST0109',
    level: 'Error',
    template:
      'The VirtualServices {virtualServices} associated with mesh gateway define the same host {host} which can lead to undefined behavior. This can be fixed by merging the conflicting VirtualServices into a single resource.',
    fix: 'Merge the rules for {host} into one VirtualService.',
  },
  ConflictingSidecarWorkloadSelectors: {
    code: 'IST0110',
    level: 'Error',
    template:
      'The Sidecars {conflictingSidecars} in namespace "{namespace}" select the same workload pod "{workloadPod}", which can lead to undefined behavior.',
  },
  MultipleSidecarsWithoutWorkloadSelectors: {
    code: 'IST0111',
    level: 'Error',
    template:
      'The Sidecars {conflictingSidecars} in namespace "{namespace}" have no workload selector, which can lead to undefined behavior.',
  },
  VirtualServiceDestinationPortSelectorRequired: {
    code: 'IST0112',
    level: 'Error',
    template:
      'This VirtualService routes to a service "{destHost}" that exposes multiple ports {destPorts}. Specifying a port in the destination is required to disambiguate.',
    fix: 'Add `port: {number: …}` to the destination.',
  },
  MTLSPolicyConflict: {
    code: 'IST0113',
    level: 'Error',
    template:
      'A DestinationRule and Policy are in conflict with regards to mTLS for host {host}. The DestinationRule "{destinationRuleName}" specifies that mTLS must be {destinationRuleMTLSMode} but the Policy object "{policyName}" specifies {policyMTLSMode}.',
  },
  DeploymentAssociatedToMultipleServices: {
    code: 'IST0116',
    level: 'Warning',
    template:
      'This deployment {deployment} is associated with multiple services using port {port} but different protocols: {services}',
  },
  PortNameIsNotUnderNamingConvention: {
    code: 'IST0118',
    level: 'Info',
    template:
      "Port name {portName} (port: {port}, targetPort: {targetPort}) doesn't follow the naming convention of Istio port.",
    fix: 'Name the port `<protocol>[-<suffix>]`, for example `http-web`, or set `appProtocol`.',
  },
  JwtFailureDueToInvalidServicePortPrefix: {
    code: 'IST0119',
    level: 'Warning',
    template:
      'Authentication policy with JWT targets Service with invalid port specification (port: {port}, name: {portName}, protocol: {protocol}, targetPort: {targetPort}).',
  },
  InvalidRegexp: {
    code: 'IST0122',
    level: 'Warning',
    template: 'Field "{where}" regular expression invalid: "{re}" ({problem})',
  },
  NamespaceMultipleInjectionLabels: {
    code: 'IST0123',
    level: 'Warning',
    template:
      'The namespace has more than one type of injection labels {labels}, which may lead to undefined behavior. Make sure only one injection label exists.',
  },
  InvalidAnnotation: { code: 'IST0125', level: 'Warning', template: 'Invalid annotation {annotation}: {problem}' },
  UnknownMeshNetworksServiceRegistry: {
    code: 'IST0126',
    level: 'Error',
    template: 'Unknown service registry {serviceregistry} in network {network}',
  },
  NoMatchingWorkloadsFound: {
    code: 'IST0127',
    level: 'Warning',
    template: 'No matching workloads for this resource with the following labels: {labels}',
  },
  NoServerCertificateVerificationDestinationLevel: {
    code: 'IST0128',
    level: 'Warning',
    template:
      'DestinationRule {destinationrule} in namespace {namespace} has TLS mode set to {mode} but no caCertificates are set to validate server identity for host: {host}',
  },
  NoServerCertificateVerificationPortLevel: {
    code: 'IST0129',
    level: 'Warning',
    template:
      'DestinationRule {destinationrule} in namespace {namespace} has TLS mode set to {mode} but no caCertificates are set to validate server identity for host: {host} at port {port}',
  },
  VirtualServiceUnreachableRule: {
    code: 'IST0130',
    level: 'Warning',
    template: 'VirtualService rule {ruleno} not used ({reason}).',
    fix: 'Move the rule before the one that takes its requests, or remove it.',
  },
  VirtualServiceIneffectiveMatch: {
    code: 'IST0131',
    level: 'Info',
    template: 'VirtualService rule {ruleno} match {matchno} is not used (duplicate/overlapping match in rule {dupno}).',
  },
  VirtualServiceHostNotFoundInGateway: {
    code: 'IST0132',
    level: 'Warning',
    template: 'one or more host {host} defined in VirtualService {virtualservice} not found in Gateway {gateway}.',
    fix: 'Add the host to a server of the Gateway, or correct it in the VirtualService.',
  },
  SchemaWarning: { code: 'IST0133', level: 'Warning', template: 'Schema validation warning: {err}' },
  ServiceEntryAddressesRequired: {
    code: 'IST0134',
    level: 'Warning',
    template: 'ServiceEntry addresses are required for this protocol.',
  },
  DeprecatedAnnotation: {
    code: 'IST0135',
    level: 'Info',
    template: 'Annotation "{annotation}" has been deprecated{extra} and may not work in future Istio versions.',
  },
  AlphaAnnotation: {
    code: 'IST0136',
    level: 'Info',
    template: 'Annotation "{annotation}" is part of an alpha-phase feature and may be incompletely supported.',
  },
  DeploymentConflictingPorts: {
    code: 'IST0137',
    level: 'Warning',
    template:
      'This deployment {deployment} is associated with multiple services {services} using targetPort "{targetPort}" but different ports: {ports}.',
  },
  GatewayDuplicateCertificate: {
    code: 'IST0138',
    level: 'Warning',
    template:
      'Duplicate certificate in multiple gateways {gateways} may cause 404s if clients re-use HTTP2 connections.',
  },
  InvalidWebhook: { code: 'IST0139', level: 'Error', template: '{error}' },
  IngressRouteRulesNotAffected: {
    code: 'IST0140',
    level: 'Warning',
    template:
      'Subset in virtual service {virtualservicesubset} has no effect on ingress gateway {virtualservice} requests',
  },
  InsufficientPermissions: {
    code: 'IST0141',
    level: 'Error',
    template: 'Missing required permission to create resource {resource} ({error})',
  },
  UnsupportedKubernetesVersion: {
    code: 'IST0142',
    level: 'Error',
    template: 'The Kubernetes Version "{version}" is lower than the minimum version: {minimumVersion}',
  },
  LocalhostListener: {
    code: 'IST0143',
    level: 'Error',
    template: 'Port {port} is exposed in a Service but listens on localhost. It will not be exposed to other pods.',
  },
  InvalidApplicationUID: {
    code: 'IST0144',
    level: 'Warning',
    template: 'User ID (UID) 1337 is reserved for the sidecar proxy.',
  },
  ConflictingGateways: {
    code: 'IST0145',
    level: 'Error',
    template: 'Conflict with gateways {gateway} (workload selector {selector}, port {portnumber}, hosts {hosts}).',
  },
  ImageAutoWithoutInjectionWarning: {
    code: 'IST0146',
    level: 'Warning',
    template:
      '{resourceType} {resourceName} contains `image: auto` but does not match any Istio injection webhook selectors.',
  },
  ImageAutoWithoutInjectionError: {
    code: 'IST0147',
    level: 'Error',
    template:
      '{resourceType} {resourceName} contains `image: auto` but does not match any Istio injection webhook selectors.',
  },
  NamespaceInjectionEnabledByDefault: {
    code: 'IST0148',
    level: 'Info',
    template: 'is enabled for Istio injection, as Istio is installed with enableNamespacesByDefault as true.',
  },
  JwtClaimBasedRoutingWithoutRequestAuthN: {
    code: 'IST0149',
    level: 'Error',
    template:
      'The virtual service uses the JWT claim based routing (key: {key}) but found no request authentication for the gateway ({gateway}) pod ({pod}). The request authentication must first be applied for the gateway pods to validate the JWT token and make the claims available for routing.',
  },
  ExternalNameServiceTypeInvalidPortName: {
    code: 'IST0150',
    level: 'Warning',
    template:
      'Port name for ExternalName service is invalid. Proxy may prevent tcp named ports and unmatched traffic for ports serving TCP protocol from being forwarded correctly',
  },
  EnvoyFilterUsesRelativeOperation: {
    code: 'IST0151',
    level: 'Warning',
    template:
      'This EnvoyFilter does not have a priority and has a relative patch operation set which can cause the EnvoyFilter not to be applied. Using the INSERT_FIRST or ADD option or setting the priority may help in ensuring the EnvoyFilter is applied correctly.',
  },
  EnvoyFilterUsesReplaceOperationIncorrectly: {
    code: 'IST0152',
    level: 'Error',
    template: 'The REPLACE operation is only valid for HTTP_FILTER and NETWORK_FILTER.',
  },
  EnvoyFilterUsesAddOperationIncorrectly: {
    code: 'IST0153',
    level: 'Error',
    template: 'The ADD operation will be ignored when applyTo is set to ROUTE_CONFIGURATION, or HTTP_ROUTE.',
  },
  EnvoyFilterUsesRemoveOperationIncorrectly: {
    code: 'IST0154',
    level: 'Error',
    template: 'The REMOVE operation will be ignored when applyTo is set to ROUTE_CONFIGURATION, or HTTP_ROUTE.',
  },
  EnvoyFilterUsesRelativeOperationWithProxyVersion: {
    code: 'IST0155',
    level: 'Warning',
    template:
      'This EnvoyFilter does not have a priority and has a relative patch operation (INSERT_BEFORE/AFTER, REPLACE, MERGE, DELETE) and proxyVersion set which can cause the EnvoyFilter not to be applied during an upgrade. Using the INSERT_FIRST or ADD option or setting the priority may help in ensuring the EnvoyFilter is applied correctly.',
  },
  UnsupportedGatewayAPIVersion: {
    code: 'IST0156',
    level: 'Error',
    template: 'The Gateway API CRD version {version} is lower than the minimum version: {minimumVersion}',
  },
  InvalidTelemetryProvider: {
    code: 'IST0157',
    level: 'Warning',
    template: 'The Telemetry {name} in namespace "{namespace}" with empty providers will be ignored.',
  },
  PodsIstioProxyImageMismatchInNamespace: {
    code: 'IST0158',
    level: 'Warning',
    template:
      'The Istio proxy images of the pods running in the namespace do not match the image defined in the injection configuration (pod names: {podNames}). This often happens after upgrading the Istio control-plane and can be fixed by redeploying the pods.',
  },
  ConflictingTelemetryWorkloadSelectors: {
    code: 'IST0159',
    level: 'Error',
    template:
      'The Telemetries {conflictingTelemetries} in namespace "{namespace}" select the same workload pod "{workloadPod}", which can lead to undefined behavior.',
  },
  MultipleTelemetriesWithoutWorkloadSelectors: {
    code: 'IST0160',
    level: 'Error',
    template:
      'The Telemetries {conflictingTelemetries} in namespace "{namespace}" have no workload selector, which can lead to undefined behavior.',
  },
  InvalidGatewayCredential: {
    code: 'IST0161',
    level: 'Error',
    template:
      'The credential referenced by the Gateway {gatewayName} in namespace {gatewayNamespace} is invalid, which can cause the traffic not to work as expected.',
  },
  GatewayPortNotDefinedOnService: {
    code: 'IST0162',
    level: 'Warning',
    template:
      'The gateway is listening on a target port (port {port}) that is not defined in the Service associated with its workload instances (Pod selector {selector}). If you need to access the gateway port through the gateway Service, it will not be available.',
  },
  InvalidExternalControlPlaneConfig: {
    code: 'IST0163',
    level: 'Warning',
    template:
      'The hostname ({hostname}) that was provided for the webhook ({webhook}) to reach the ingress gateway on the external control plane cluster {msg}. Traffic may not flow properly.',
  },
  ExternalControlPlaneAddressIsNotAHostname: {
    code: 'IST0164',
    level: 'Info',
    template:
      'The address ({hostname}) that was provided for the webhook ({webhook}) to reach the ingress gateway on the external control plane cluster is an IP address. This is not recommended for a production environment.',
  },
  ReferencedInternalGateway: {
    code: 'IST0165',
    level: 'Warning',
    template:
      'Gateway reference in VirtualService {virtualservice} is to an implementation-generated internal Gateway: {gateway}.',
  },
  IneffectiveSelector: {
    code: 'IST0166',
    level: 'Warning',
    template: 'Ineffective selector on Kubernetes Gateway {gateway}. Use the TargetRef field instead.',
    fix: 'Replace the selector by targetRefs that name the Gateway {gateway}.',
  },
  IneffectivePolicy: {
    code: 'IST0167',
    level: 'Warning',
    template: 'The policy has no impact: {reason}.',
  },
  UnknownUpgradeCompatibility: {
    code: 'IST0168',
    level: 'Warning',
    template: 'We cannot automatically detect whether a change is fully compatible or not. Change: {release}, {info}.',
  },
  UpdateIncompatibility: {
    code: 'IST0169',
    level: 'Warning',
    template: 'The configuration "{field}" changed in release {release}, {info}. This may be incompatible.',
  },
  MultiClusterInconsistentService: {
    code: 'IST0170',
    level: 'Warning',
    template:
      'The service {serviceName} in namespace "{namespace}" is inconsistent across clusters "{clusters}", which can lead to undefined behaviors. The inconsistent behaviors are: {error}.',
  },
  NegativeConditionStatus: {
    code: 'IST0171',
    level: 'Warning',
    template:
      'A condition with a negative status is present: type={conditionType}, reason={reason}, message={message}.',
  },
  FutureUnsupportedGatewayAPIVersion: {
    code: 'IST0172',
    level: 'Warning',
    template:
      'The Gateway API CRD version {version} is lower than the minimum version of a future release: {minimumVersion}',
  },
  DestinationRuleSubsetNotSelectPods: {
    code: 'IST0173',
    level: 'Error',
    template:
      'The Subset {subset} defined in the DestinationRule does not select any pods. Which may lead to 503 UH (NoHealthyUpstream).',
    fix: 'Correct the labels of subset {subset} or the labels of the pods.',
  },
  UnknownDestinationRuleHost: {
    code: 'IST0174',
    level: 'Warning',
    template: 'The host {host} defined in the DestinationRule does not match any services in the mesh.',
  },
  JwksUriFetchUnrestricted: {
    code: 'IST0175',
    level: 'Warning',
    template:
      'BLOCKED_CIDRS_IN_JWKS_URIS is not configured on istiod, but {count} RequestAuthentication resources exist ({names}): their jwksUri is fetched without a restriction of addresses.',
    fix: 'Set BLOCKED_CIDRS_IN_JWKS_URIS on istiod to the address ranges that it must not reach.',
  },
  GatewayAPICRDVersionBelowMinimum: {
    code: 'IST0176',
    level: 'Warning',
    template: 'The Gateway API CRD {crd} has version {version}, which is below the minimum version {minimumVersion}.',
  },
  ConflictingServiceEntryProtocol: {
    code: 'IST0177',
    level: 'Warning',
    template: 'ServiceEntries {serviceEntries} define host {host} port {port} with conflicting protocols {protocols}.',
    fix: 'Give port {port} of {host} the same protocol everywhere.',
  },
});
