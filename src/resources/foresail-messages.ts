import { defineMessages } from './message-table.ts';

/** What only Foresail can say. To add one: code, level, template. */
export const foresailMessages = defineMessages({
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
    template: '{what} does not run at the edge: {why}. It runs {where}.',
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
  DelegateNotFound: {
    code: 'FS0107',
    level: 'Warning',
    template:
      'This rule delegates to the VirtualService {delegate}, which is not there or not exported to this namespace.',
    fix: 'Create the VirtualService {delegate} without hosts, or correct the reference.',
  },
  TelemetryProviderUnknown: {
    code: 'FS0108',
    level: 'Warning',
    template: 'The mesh configuration has no {signal} provider {provider}: nothing is sent there.',
    fix: 'Define {provider} in `extensionProviders` of the mesh configuration, or name another provider.',
  },
  TelemetryExpression: {
    code: 'FS0109',
    level: 'Warning',
    template: 'This expression cannot be used: {reason}. {effect}.',
    fix: 'Write it with attributes, literals, comparisons, &&, ||, !, in, has(), startsWith, endsWith, contains, matches.',
  },
  TelemetryEdgeOnly: {
    code: 'FS0110',
    level: 'Info',
    template:
      'The OpenTelemetry access log {provider} is sent by the edge, not by gateways and sidecars: their Envoy is given no such log.',
    fix: 'For Envoys name a provider of kind envoyFileAccessLog, envoyHttpAls or envoyTcpAls beside it.',
  },
  RuleShadowed: {
    code: 'FS0201',
    level: 'Warning',
    template: 'On host {host} this rule is never reached: {by} takes all its requests first.',
    fix: 'Make the other rule narrower, or order the VirtualServices by their age.',
  },
  AnonymousRequestsPass: {
    code: 'FS0202',
    level: 'Warning',
    template: 'Requests without a token pass: no AuthorizationPolicy for {workload} requires a request principal.',
    fix: 'Add an AuthorizationPolicy that allows only `requestPrincipals: ["*"]`.',
  },
  PrefixMatchesSiblings: {
    code: 'FS0203',
    level: 'Info',
    template: 'The prefix {prefix} is a plain string: it also matches {prefix}x.',
    fix: 'Match `exact: {prefix}` and `prefix: {prefix}/` instead.',
  },
  SubsetWithoutEndpoints: {
    code: 'FS0204',
    level: 'Warning',
    template: 'Subset {subset} has no endpoints: its labels fit no workload of service {host}.',
    fix: 'Correct the labels of subset {subset}, or of the workloads behind {host}.',
  },
  SubsetNotVisible: {
    code: 'FS0205',
    level: 'Warning',
    template:
      'Subset {subset} of {host} is defined, but not for the gateway in namespace {namespace}: requests are answered with 503.',
    fix: 'Put the DestinationRule into the namespace of the service, and export it to {namespace}.',
  },
  CertificateExpired: {
    code: 'FS0206',
    level: 'Warning',
    template: 'The certificate in Secret {secret} expired on {date}.',
    fix: 'Renew the certificate.',
  },
  CertificateNotYetValid: {
    code: 'FS0207',
    level: 'Warning',
    template: 'The certificate in Secret {secret} is not valid before {date}.',
    fix: 'Use a certificate that is valid now.',
  },
  CertificateKeyMismatch: {
    code: 'FS0208',
    level: 'Warning',
    template: 'The private key in Secret {secret} does not belong to its certificate.',
    fix: 'Put the key and the certificate that were made together into the Secret.',
  },
  CertificateHostNotCovered: {
    code: 'FS0209',
    level: 'Warning',
    template: 'The certificate in Secret {secret} does not cover the host {host}; it is for {names}.',
    fix: 'Use a certificate whose subject alternative names include {host}.',
  },
  CertificateUnreadable: {
    code: 'FS0210',
    level: 'Warning',
    template: 'The certificate in Secret {secret} cannot be read.',
    fix: 'Put a PEM certificate into `tls.crt` and its key into `tls.key`.',
  },
  OldSetting: {
    code: 'FS0211',
    level: 'Info',
    template: '{detail}.',
    fix: 'Let `foresail analyze --fix` write the new setting.',
  },
  UnknownFormatter: {
    code: 'FS0212',
    level: 'Warning',
    template:
      'Envoy knows no formatter {formatter} (header {header}): it refuses the whole route configuration, and the edge sends the text as it is.',
    fix: 'Correct the name, or write `%%` for a percent sign.',
  },
  FormatterNotAtEdge: {
    code: 'FS0213',
    level: 'Warning',
    template: 'The edge does not know what {formatter} stands for (header {header}): it sends the text as it is.',
    fix: 'Use a formatter that needs no connection of Envoy, or set the header in the cluster.',
  },
  LeadingSlashLost: {
    code: 'FS0214',
    level: 'Warning',
    template: 'After {field} {value} a path does not begin with a slash: servers refuse it, or take it for another.',
    fix: 'Begin it with a slash.',
  },
  LastGoodKept: {
    code: 'FS0301',
    level: 'Warning',
    template: '{object} is broken now; its last good version goes on',
    fix: 'Correct the object, or delete it to take it out of service.',
  },
  UnreadableFile: {
    code: 'FS0302',
    level: 'Error',
    template: 'The file cannot be read: {reason}{consequence}',
    fix: 'Make the file readable for the user that runs foresail.',
  },
  FolderVanished: {
    code: 'FS0303',
    level: 'Error',
    template: 'The folder cannot be read: {reason}; the last good configuration goes on',
    fix: 'Bring the folder back; foresail goes on by itself then.',
  },
  RemoteSecretRefused: {
    code: 'FS0304',
    level: 'Error',
    template: 'Cluster {cluster} of Secret {secret} is not read: {reason}. What was known of it before goes on.',
    fix: 'Write the Secret again with `foresail create-remote-secret`, or remove it.',
  },
  ProxyRefused: {
    code: 'FS0401',
    level: 'Error',
    template: 'Envoy refuses {resource}, which is made from this, and goes on with what it had: {reason} ({proxies})',
    fix: 'Correct the object; if it is correct, this is a bug of Foresail.',
  },
});
