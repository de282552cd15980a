/** What a CustomResourceDefinition says of a kind beside its fields; names and columns are Istio's. */
export interface KindFacts {
  readonly shortNames?: readonly string[];
  readonly columns?: readonly Column[];
  /** Rules between fields of `spec` that the API server checks (CEL). */
  readonly rules?: readonly { readonly message: string; readonly rule: string }[];
}

interface Column {
  readonly name: string;
  readonly type: 'string' | 'date';
  readonly jsonPath: string;
  readonly description: string;
}

const AGE: Column = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description: 'When the object was made',
};

function column(name: string, field: string, description: string): Column {
  return { name, type: 'string', jsonPath: `.spec.${field}`, description };
}

function oneOf(...fields: readonly string[]) {
  return {
    message: `only one of ${fields.join(' or ')} can be set`,
    rule: `${fields.map((field) => `(has(self.${field}) ? 1 : 0)`).join(' + ')} <= 1`,
  };
}

const ONE_TARGET = oneOf('selector', 'targetRef', 'targetRefs');

export const KIND_FACTS: Readonly<Record<string, KindFacts>> = {
  Gateway: { shortNames: ['gw'] },
  VirtualService: {
    shortNames: ['vs'],
    columns: [
      column('Gateways', 'gateways', 'Where the routes apply'),
      column('Hosts', 'hosts', 'Whose requests they are for'),
      AGE,
    ],
  },
  DestinationRule: { shortNames: ['dr'], columns: [column('Host', 'host', 'The service that is meant'), AGE] },
  ServiceEntry: {
    shortNames: ['se'],
    columns: [
      column('Hosts', 'hosts', 'The hosts of the service'),
      column('Location', 'location', 'Inside or outside of the mesh'),
      column('Resolution', 'resolution', 'How endpoints are found'),
      AGE,
    ],
    rules: [
      oneOf('workloadSelector', 'endpoints'),
      {
        message: 'NONE mode cannot set endpoints',
        rule: "!has(self.resolution) || self.resolution != 'NONE' || !has(self.endpoints)",
      },
      {
        message: 'DNS_ROUND_ROBIN mode cannot have multiple endpoints',
        rule: "!has(self.resolution) || self.resolution != 'DNS_ROUND_ROBIN' || !has(self.endpoints) || size(self.endpoints) <= 1",
      },
    ],
  },
  WorkloadEntry: {
    shortNames: ['we'],
    columns: [AGE, column('Address', 'address', 'Where it is')],
    rules: [{ message: 'Address is required', rule: 'has(self.address) || has(self.network)' }],
  },
  WorkloadGroup: { shortNames: ['wg'], columns: [AGE] },
  Sidecar: {},
  EnvoyFilter: { rules: [oneOf('workloadSelector', 'targetRefs')] },
  ProxyConfig: {},
  AuthorizationPolicy: {
    shortNames: ['ap'],
    columns: [column('Action', 'action', 'What becomes of a request that a rule fits'), AGE],
    rules: [ONE_TARGET],
  },
  PeerAuthentication: {
    shortNames: ['pa'],
    columns: [column('Mode', 'mtls.mode', 'How connections are taken'), AGE],
    rules: [
      {
        message: 'portLevelMtls requires selector',
        rule: '!has(self.portLevelMtls) || (has(self.selector) && has(self.selector.matchLabels) && size(self.selector.matchLabels) > 0)',
      },
    ],
  },
  RequestAuthentication: { shortNames: ['ra'], rules: [ONE_TARGET] },
  Telemetry: { shortNames: ['telemetry'], columns: [AGE], rules: [ONE_TARGET] },
  WasmPlugin: { columns: [AGE], rules: [ONE_TARGET] },
  TrafficExtension: { columns: [AGE] },
};
