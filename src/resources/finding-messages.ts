import type { Finding, FindingLevel } from './finding.ts';
import type { Origin } from './origin.ts';

/** One text that a finding can have. `{argument}` stands for what the caller fills in. */
export interface MessageBody {
  readonly code: string;
  readonly level: FindingLevel;
  readonly template: string;
  /** How to fix it, one sentence in the imperative; may use the same arguments. */
  readonly fix?: string;
}

export interface Message<T extends string = string> extends MessageBody {
  readonly name: string;
  readonly template: T;
}

type ArgumentOf<T extends string> = T extends `${string}{${infer A}}${infer Rest}` ? A | ArgumentOf<Rest> : never;

export type MessageArgument = string | number | boolean | readonly (string | number)[];

/** What a message needs: one value for each `{argument}` of its template. */
export type MessageArguments<T extends string> = Readonly<Record<ArgumentOf<T>, MessageArgument>>;

type Messages<T extends Readonly<Record<string, MessageBody>>> = {
  readonly [K in keyof T]: T[K] & { readonly name: K };
};

function defineMessages<const T extends Readonly<Record<string, MessageBody>>>(bodies: T): Messages<T> {
  const entries = Object.entries(bodies).map(([name, body]) => [name, { ...body, name }]);
  return Object.fromEntries(entries) as Messages<T>;
}

/**
 * Every text that Foresail says about a resource. IST codes are Istio's (pkg/config/analysis/msg/messages.yaml),
 * with its names, levels and wording, so that habits and suppressions carry over; FS codes are Foresail's own.
 * To add one: code, level, template.
 */
export const messages = defineMessages({
  InternalError: { code: 'IST0001', level: 'Error', template: 'Internal error: {detail}' },
  Deprecated: { code: 'IST0002', level: 'Warning', template: 'Deprecated: {detail}' },
  ReferencedResourceNotFound: {
    code: 'IST0101',
    level: 'Error',
    template: 'Referenced {reftype} not found: "{refval}"',
    fix: 'Create the {reftype} or correct the reference.',
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
    template:
      'The selector in {selector} has no effect on Kubernetes Gateway {gateway}. Use the targetRefs field instead.',
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
      'The services {serviceName} in namespace "{namespace}" are inconsistent across clusters "{clusters}", which can lead to undefined behaviors. The inconsistent behaviors are: {error}.',
  },
  NegativeConditionStatus: {
    code: 'IST0171',
    level: 'Warning',
    template: 'The condition "{condition}" is not as expected: "{status}" with reason {reason}: {message}.',
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
    template: 'The Subset {subset} defined in the DestinationRule does not select any pods.',
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
      'The jwksUri {uri} is fetched by the control plane without a restriction of addresses. Set BLOCKED_CIDRS_IN_JWKS_URIS to keep it from reaching internal addresses.',
  },
  GatewayAPICRDVersionBelowMinimum: {
    code: 'IST0176',
    level: 'Warning',
    template: 'The Gateway API CRD {crd} has version {version}, which is below the minimum version {minimumVersion}.',
  },
  ConflictingServiceEntryProtocol: {
    code: 'IST0177',
    level: 'Warning',
    template:
      'ServiceEntry port {port} for host {host} has protocol {protocol}, which conflicts with {otherProtocol} in {other}.',
  },

  YamlSyntaxError: {
    code: 'FS0001',
    level: 'Error',
    template: 'This YAML document cannot be read: {reason}',
    fix: 'Correct the YAML; the other documents of the file are not affected.',
  },
  FileTooLarge: {
    code: 'FS0002',
    level: 'Error',
    template: 'The file is larger than {limit}; nothing of it was read.',
    fix: 'Split the file.',
  },
  UnknownKind: {
    code: 'FS0003',
    level: 'Error',
    template: 'There is no kind {kind} in the API group {group}{hint}.',
    fix: 'Correct `kind` or `apiVersion`.',
  },
  UnservedVersion: {
    code: 'FS0004',
    level: 'Error',
    template: '{kind} is not served as {apiVersion}; served are: {served}.',
    fix: 'Set `apiVersion` to one of the served versions.',
  },
  NotAResource: {
    code: 'FS0005',
    level: 'Warning',
    template: 'This document is not a Kubernetes object: {reason}.',
    fix: 'Give every object `apiVersion`, `kind` and `metadata.name`, or keep other YAML in another folder.',
  },
  TemplateNotRendered: {
    code: 'FS0006',
    level: 'Error',
    template: 'This document is a template: it contains "{{".',
    fix: 'Render it first, for example with `helm template`.',
  },
  TooManyDocuments: {
    code: 'FS0007',
    level: 'Error',
    template: 'The file has more than {limit} documents; the rest was not read.',
    fix: 'Split the file.',
  },
  TooManyFindings: {
    code: 'FS0008',
    level: 'Warning',
    template: '{count} more findings in this file are not shown.',
    fix: 'Correct the first ones and check again.',
  },
  NotExecutableAtEdge: {
    code: 'FS0100',
    level: 'Warning',
    template: '{what} does not run at the edge: {why}. It runs in {where}.',
  },
  MeshConfigFieldNotUsed: {
    code: 'FS0101',
    level: 'Info',
    template: 'Foresail does not use the mesh configuration field {field}.',
  },
  DuplicateObject: {
    code: 'FS0102',
    level: 'Error',
    template: '{object} is defined twice; the one at {first} is used, this one is not.',
    fix: 'Remove one of the two.',
  },
  GatewayListenerRefused: {
    code: 'FS0105',
    level: 'Warning',
    template: 'Listener {listener} is not served: {message} ({reason}).',
  },
  RouteCondition: {
    code: 'FS0106',
    level: 'Warning',
    template: '{type} is false in {parent}: {message} ({reason}).',
  },
  DelegateRuleConflict: {
    code: 'FS0104',
    level: 'Warning',
    template:
      'This rule is left out: its conditions contradict those of the VirtualService {root} that delegates to it.',
    fix: 'Let the conditions lie within those of the delegating rule: a longer prefix, the same exact value.',
  },
  GatewayServerRejected: {
    code: 'FS0103',
    level: 'Error',
    template: 'This server is left out: {reason} (port {port}).',
    fix: 'Use another port, or remove one of the two servers.',
  },
});

/** A finding with the text of `message`; `args` fill the placeholders of its template. */
export function finding<T extends string>(message: Message<T>, origin: Origin, args: MessageArguments<T>): Finding {
  const text = fill(message.template, args);
  const { code, name, level, fix } = message;
  return fix === undefined
    ? { code, name, level, message: text, origin }
    : { code, name, level, message: text, fix: fill(fix, args), origin };
}

/** Where Istio (or Foresail's own documentation) explains a code. */
export function documentationOf(code: string): string {
  return code.startsWith('IST')
    ? `https://istio.io/latest/docs/reference/config/analysis/${code.toLowerCase()}/`
    : `README.md#${code.toLowerCase()}`;
}

function fill(template: string, args: Readonly<Record<string, MessageArgument>>): string {
  return template.replaceAll(/\{(\w+)\}/g, (placeholder, name: string) =>
    Object.hasOwn(args, name) ? formatArgument(args[name]) : placeholder,
  );
}

/** Lists as Go's `%v` prints them, as istioctl's users know them. */
function formatArgument(argument: MessageArgument | undefined): string {
  return Array.isArray(argument) ? `[${argument.join(' ')}]` : String(argument);
}
