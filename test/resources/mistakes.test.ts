import { describe, expect, test } from 'vitest';
import { parseYaml } from '../../src/resources/parse.ts';

const GROUPS: Readonly<Record<string, string>> = {
  VirtualService: 'networking.istio.io/v1',
  Gateway: 'networking.istio.io/v1',
  DestinationRule: 'networking.istio.io/v1',
  ServiceEntry: 'networking.istio.io/v1',
  Sidecar: 'networking.istio.io/v1',
  WorkloadEntry: 'networking.istio.io/v1',
  WorkloadGroup: 'networking.istio.io/v1',
  EnvoyFilter: 'networking.istio.io/v1alpha3',
  AuthorizationPolicy: 'security.istio.io/v1',
  RequestAuthentication: 'security.istio.io/v1',
  PeerAuthentication: 'security.istio.io/v1',
  Telemetry: 'telemetry.istio.io/v1',
  WasmPlugin: 'extensions.istio.io/v1alpha1',
  HTTPRoute: 'gateway.networking.k8s.io/v1',
  GRPCRoute: 'gateway.networking.k8s.io/v1',
  BackendTLSPolicy: 'gateway.networking.k8s.io/v1',
  Service: 'v1',
};

/** An object whose spec starts on line 6, indented by two. */
function objectOf(kind: string, spec: string): string {
  return `apiVersion: ${GROUPS[kind]}\nkind: ${kind}\nmetadata:\n  name: a\nspec:\n${spec.replaceAll(/^/gm, '  ')}\n`;
}

const VS = 'hosts: [a.com]\n';
const ROUTE = 'route: [{destination: {host: a}}]';
const http = (fields: string): string => `${VS}http:\n- ${ROUTE}\n  ${fields}`;
const match = (fields: string): string => http(`match: [{${fields}}]`);
const server = (fields: string): string => `servers:\n- ${fields}`;
const rule = (fields: string): string => `rules:\n- ${fields}`;
const hosts = 'hosts: [a.example.com]\n';
const policy = (fields: string): string => `host: a\ntrafficPolicy:\n  ${fields}`;

/** kind, spec, position and path of the one error, what it says. */
const ERRORS: readonly (readonly [string, string, string, string])[] = [
  // Structure.
  [
    'VirtualService',
    `${VS}http:\n- match: [{uri: {prefixx: /}}]\n  ${ROUTE}`,
    '8:20 spec.http[0].match[0].uri.prefixx',
    'unknown field "prefixx" in spec.http[0].match[0].uri; did you mean "prefix"?',
  ],
  ['VirtualService', `${VS}https: []\nhttp: [{${ROUTE}}]`, '7:3 spec.https', 'did you mean "http"?'],
  ['VirtualService', http('timeout: 5'), '9:5 spec.http[0].timeout', 'expected a string, got the number 5; quote it'],
  ['VirtualService', http('timeout: 5 seconds'), '9:5 spec.http[0].timeout', 'expected a duration such as 10s'],
  ['VirtualService', http('timeout: 1.5ms'), '9:5 spec.http[0].timeout', 'whole milliseconds'],
  ['VirtualService', http('timeout: {seconds: 5}'), '9:5 spec.http[0].timeout', 'expected a string, got a mapping'],
  ['VirtualService', `${VS}http: {}`, '7:3 spec.http', 'expected a list, got a mapping'],
  [
    'VirtualService',
    `${VS}http:\n- route: [{destination: {subset: v1}}]`,
    '8:14 spec.http[0].route[0].destination.host',
    'this field is required',
  ],
  [
    'DestinationRule',
    policy('loadBalancer: {simple: ROUNDROBIN}'),
    '8:20 spec.trafficPolicy.loadBalancer.simple',
    'did you mean ROUND_ROBIN?',
  ],
  [
    'Gateway',
    server('port: {number: 70000000000, name: a, protocol: HTTP}\n  hosts: ["*"]'),
    '7:12 spec.servers[0].port.number',
    'at most 4294967295',
  ],
  // VirtualService.
  [
    'VirtualService',
    `hosts: ["*"]\nhttp: [{${ROUTE}}]`,
    '6:11 spec.hosts[0]',
    'wildcard host * is not allowed for virtual services bound to the mesh gateway',
  ],
  [
    'VirtualService',
    `hosts: [a.com, "*.com"]\nhttp: [{${ROUTE}}]`,
    '6:11 spec.hosts[0]',
    'duplicate hosts in virtual service',
  ],
  ['VirtualService', `hosts: [a.com, A.com]\nhttp: [{${ROUTE}}]`, '6:18 spec.hosts[1]', 'duplicate hosts'],
  ['VirtualService', `hosts: [a_b.com]\nhttp: [{${ROUTE}}]`, '6:11 spec.hosts[0]', 'the label "a_b" is invalid'],
  ['VirtualService', VS, '5:1 spec', 'http, tcp or tls must be provided'],
  [
    'VirtualService',
    `gateways: [g]\nhttp: [{${ROUTE}}]`,
    '6:3 spec.gateways',
    'delegate virtual service must have no gateways',
  ],
  [
    'VirtualService',
    `http: [{delegate: {name: b}, ${ROUTE}}]`,
    '6:11 spec.http[0].delegate',
    'cannot contain delegate',
  ],
  [
    'VirtualService',
    `${VS}http: [{delegate: {name: b}, ${ROUTE}}]`,
    '7:32 spec.http[0].route',
    'root HTTP route must not specify route',
  ],
  ['VirtualService', http('redirect: {uri: /}'), '8:5 spec.http[0].route', 'cannot contain both route and redirect'],
  [
    'VirtualService',
    http('directResponse: {status: 200}'),
    '8:5 spec.http[0].route',
    'cannot contain both route and directResponse',
  ],
  [
    'VirtualService',
    `${VS}http: [{name: x}]`,
    '7:10 spec.http[0]',
    'HTTP route, redirect or direct_response is required',
  ],
  [
    'VirtualService',
    `${VS}http: [{directResponse: {status: 99}}]`,
    '7:28 spec.http[0].directResponse.status',
    'not in range 200-599',
  ],
  [
    'VirtualService',
    `${VS}http: [{redirect: {redirectCode: 301}}]`,
    '7:11 spec.http[0].redirect',
    'must specify URI, authority, scheme, or port',
  ],
  [
    'VirtualService',
    `${VS}http: [{redirect: {uri: /, redirectCode: 200}}]`,
    '7:30 spec.http[0].redirect.redirectCode',
    'must be 3xx',
  ],
  [
    'VirtualService',
    `${VS}http: [{redirect: {prefixRewrite: /}}]`,
    '7:22 spec.http[0].redirect.prefixRewrite',
    'every match has a uri prefix',
  ],
  [
    'VirtualService',
    http('mirror: {host: b}\n  mirrors: [{destination: {host: b}}]'),
    '10:5 spec.http[0].mirrors',
    'both mirror and mirrors',
  ],
  [
    'VirtualService',
    http('mirrorPercentage: {value: 101}'),
    '9:24 spec.http[0].mirrorPercentage.value',
    'between 0 and 100',
  ],
  ['VirtualService', match('uri: {regex: "a(?=b)"}'), '9:20 spec.http[0].match[0].uri.regex', 'RE2 has no look-ahead'],
  [
    'VirtualService',
    match(`uri: {regex: ${'a'.repeat(1025)}}`),
    '9:20 spec.http[0].match[0].uri.regex',
    'at most 1024',
  ],
  [
    'VirtualService',
    match('uri: {exact: /a, prefix: /}'),
    '9:14 spec.http[0].match[0].uri',
    'only one of exact, prefix and regex',
  ],
  ['VirtualService', match('method: {prefix: ""}'), '9:23 spec.http[0].match[0].method.prefix', 'should not be empty'],
  [
    'VirtualService',
    match('headers: {"x y": {exact: a}}'),
    '9:24 spec.http[0].match[0].headers["x y"]',
    'not a valid header name',
  ],
  [
    'VirtualService',
    match('headers: {"@request.auth.claims.a": {exact: b}}'),
    '9:24 spec.http[0].match[0].headers["@request.auth.claims.a"]',
    'only supported for gateway',
  ],
  [
    'VirtualService',
    http('headers: {request: {set: {x: "50%"}}}'),
    '9:31 spec.http[0].headers.request.set.x',
    'write "%%" for a percent sign',
  ],
  [
    'VirtualService',
    http('headers: {response: {set: {Host: x}}}'),
    '9:32 spec.http[0].headers.response.set.Host',
    'cannot set Host header',
  ],
  [
    'VirtualService',
    http('rewrite: {authority: b}\n  headers: {request: {set: {Host: x}}}'),
    '10:31 spec.http[0].headers.request.set.Host',
    'authority header cannot be set multiple times',
  ],
  ['VirtualService', http('rewrite: {}'), '9:5 spec.http[0].rewrite', 'must specify at least one of URI'],
  [
    'VirtualService',
    http('rewrite: {uri: /, uriRegexRewrite: {match: a, rewrite: b}}'),
    '9:23 spec.http[0].rewrite.uriRegexRewrite',
    'only contain one of URI or UriRegexRewrite',
  ],
  ['VirtualService', http('retries: {attempts: 0, retryOn: 5xx}'), '9:5 spec.http[0].retries', 'attempts are set to 0'],
  [
    'VirtualService',
    http('retries: {attempts: 1, retryOn: "5xx,sometimes"}'),
    '9:28 spec.http[0].retries.retryOn',
    '"sometimes" is not a valid retryOn policy',
  ],
  ['VirtualService', http('fault: {}'), '9:5 spec.http[0].fault', 'must have an abort and/or a delay'],
  [
    'VirtualService',
    http('fault: {delay: {fixedDelay: 0s}}'),
    '9:21 spec.http[0].fault.delay.fixedDelay',
    'at least 1ms',
  ],
  [
    'VirtualService',
    http('fault: {abort: {httpStatus: 700}}'),
    '9:21 spec.http[0].fault.abort.httpStatus',
    'not in range',
  ],
  [
    'VirtualService',
    http('fault: {abort: {grpcStatus: OOPS}}'),
    '9:21 spec.http[0].fault.abort.grpcStatus',
    'is not supported',
  ],
  [
    'VirtualService',
    http('fault: {abort: {httpStatus: 500, percentage: {value: 0.00001}}}'),
    '9:51 spec.http[0].fault.abort.percentage.value',
    'nor in range [0.0001, 100.0]',
  ],
  [
    'VirtualService',
    http('corsPolicy: {allowMethods: [FETCH]}'),
    '9:33 spec.http[0].corsPolicy.allowMethods[0]',
    'not a supported HTTP method',
  ],
  ['VirtualService', http('corsPolicy: {maxAge: 1500ms}'), '9:18 spec.http[0].corsPolicy.maxAge', 'seconds precision'],
  [
    'VirtualService',
    `${VS}http: [{route: [{destination: {host: a}, weight: -1}, {destination: {host: b}, weight: 2}]}]`,
    '7:44 spec.http[0].route[0].weight',
    'weight -1 < 0',
  ],
  [
    'VirtualService',
    `${VS}http: [{route: [{destination: {host: a}}, {destination: {host: b}}]}]`,
    '7:11 spec.http[0].route',
    'total destination weight = 0',
  ],
  [
    'VirtualService',
    `${VS}tls: [{match: [{sniHosts: [b.com]}], route: [{destination: {host: a}}]}]`,
    '7:30 spec.tls[0].match[0].sniHosts[0]',
    'not a compatible subset',
  ],
  [
    'VirtualService',
    `${VS}tcp: [{match: [{destinationSubnets: [10.0.0.0/33]}], route: [{destination: {host: a}}]}]`,
    '7:40 spec.tcp[0].match[0].destinationSubnets[0]',
    'not a valid IP address or CIDR',
  ],
  [
    'VirtualService',
    `${VS}exportTo: [., "*"]\nhttp: [{${ROUTE}}]`,
    '7:3 spec.exportTo',
    'both public (*) and non-public',
  ],
  [
    'VirtualService',
    `${VS}exportTo: ["~"]\nhttp: [{${ROUTE}}]`,
    '7:14 spec.exportTo[0]',
    'is allowed in exportTo, got "~"',
  ],
  // Gateway.
  ['Gateway', 'selector: {a: b}', '5:1 spec.servers', 'at least one server'],
  [
    'Gateway',
    server('port: {number: 443, name: https, protocol: HTTPS}\n  hosts: ["*"]'),
    '7:5 spec.servers[0].tls',
    'must have TLS settings for HTTPS/TLS protocols',
  ],
  [
    'Gateway',
    server('port: {number: 80, name: http, protocol: HTTP}\n  hosts: ["*"]\n  tls: {mode: SIMPLE, credentialName: c}'),
    '9:5 spec.servers[0].tls',
    'plain text HTTP ports',
  ],
  [
    'Gateway',
    server(
      'port: {number: 443, name: https, protocol: HTTPS}\n  hosts: ["*"]\n  tls: {mode: MUTUAL, serverCertificate: a, privateKey: b}',
    ),
    '9:5 spec.servers[0].tls',
    'requires a client CA bundle',
  ],
  [
    'Gateway',
    server(
      'port: {number: 80, name: h, protocol: HTTP}\n  hosts: ["*"]\n- port: {number: 81, name: h, protocol: HTTP}\n  hosts: ["*"]',
    ),
    '9:24 spec.servers[1].port.name',
    'duplicate name h',
  ],
  [
    'Gateway',
    server('port: {number: 80, name: h, protocol: HTTTP}\n  hosts: ["*"]'),
    '7:33 spec.servers[0].port.protocol',
    'invalid protocol "HTTTP"',
  ],
  [
    'Gateway',
    server('port: {number: 80, name: h, protocol: HTTP}\n  hosts: []'),
    '8:5 spec.servers[0].hosts',
    'at least one host',
  ],
  [
    'Gateway',
    server('port: {number: 80, name: h, protocol: HTTP}\n  hosts: [/a.com]'),
    '8:13 spec.servers[0].hosts[0]',
    'cannot be empty',
  ],
  [
    'Gateway',
    server('port: {number: 80, name: h, protocol: HTTP}\n  hosts: ["a.*.com"]'),
    '8:13 spec.servers[0].hosts[0]',
    'the label "*" is invalid',
  ],
  [
    'Gateway',
    server('port: {number: 80, name: h, protocol: HTTP}\n  bind: unix:///a\n  hosts: [a]'),
    '7:12 spec.servers[0].port.number',
    'must be 0 for unix domain socket',
  ],
  // DestinationRule.
  [
    'DestinationRule',
    'host: a\nsubsets: [{name: v1}, {name: v1}]',
    '7:26 spec.subsets[1].name',
    'duplicate subset names: v1',
  ],
  ['DestinationRule', 'host: a\nsubsets: [{name: v_1}]', '7:14 spec.subsets[0].name', 'subset name is invalid'],
  [
    'DestinationRule',
    policy('tls: {mode: MUTUAL, privateKey: a}'),
    '8:5 spec.trafficPolicy.tls.clientCertificate',
    'client certificate required',
  ],
  [
    'DestinationRule',
    policy('loadBalancer: {consistentHash: {maglev: {tableSize: 10}}}'),
    '8:46 spec.trafficPolicy.loadBalancer.consistentHash.maglev.tableSize',
    'prime number',
  ],
  [
    'DestinationRule',
    policy('loadBalancer: {localityLbSetting: {distribute: [{from: a, to: {b: 99}}]}}'),
    '8:63 spec.trafficPolicy.loadBalancer.localityLbSetting.distribute[0].to',
    'total locality weight 99 != 100',
  ],
  [
    'DestinationRule',
    policy('outlierDetection: {maxEjectionPercent: 101}'),
    '8:24 spec.trafficPolicy.outlierDetection.maxEjectionPercent',
    'not in range 0..100',
  ],
  ['DestinationRule', policy('connectionPool: {}'), '8:5 spec.trafficPolicy.connectionPool', 'at least one field'],
  [
    'DestinationRule',
    policy('portLevelSettings: [{tls: {mode: SIMPLE}}]'),
    '8:25 spec.trafficPolicy.portLevelSettings[0]',
    'must have valid port',
  ],
  // ServiceEntry, WorkloadEntry, WorkloadGroup, Sidecar.
  ['ServiceEntry', 'hosts: ["*"]', '6:11 spec.hosts[0]', 'invalid host *'],
  [
    'ServiceEntry',
    `${hosts}ports: [{number: 80, name: a}, {number: 80, name: b}]`,
    '7:35 spec.ports[1].number',
    'already defined',
  ],
  ['ServiceEntry', `${hosts}resolution: DNS\naddresses: [10.0.0.0/8]`, '8:15 spec.addresses[0]', 'NONE/STATIC'],
  ['ServiceEntry', `${hosts}endpoints: [{address: 10.0.0.1}]`, '7:3 spec.endpoints', 'no endpoints should be provided'],
  [
    'ServiceEntry',
    `${hosts}resolution: STATIC\nendpoints: [{address: a.com}]`,
    '8:16 spec.endpoints[0].address',
    'not a valid IP address',
  ],
  ['WorkloadEntry', 'labels: {a: b}', '5:1 spec.address', 'address is required'],
  ['WorkloadGroup', 'template: {}\nprobe: {}', '7:3 spec.probe', 'exactly one of'],
  ['Sidecar', 'workloadSelector: {labels: {a: b}}', '5:1 spec', 'empty configuration'],
  ['Sidecar', 'egress: [{hosts: [a.com]}]', '6:21 spec.egress[0].hosts[0]', 'must be of the form namespace/dnsName'],
  // Security.
  ['AuthorizationPolicy', 'action: DENY', '5:1 spec.rules', 'DENY action without `rules` is meaningless'],
  ['AuthorizationPolicy', 'action: CUSTOM\nrules: [{}]', '5:1 spec.provider', '`provider.name` must not be empty'],
  ['AuthorizationPolicy', rule('from: [{source: {}}]'), '7:13 spec.rules[0].from[0].source', 'must not be empty'],
  ['AuthorizationPolicy', rule('from: []'), '7:5 spec.rules[0].from', 'must not be empty'],
  [
    'AuthorizationPolicy',
    rule('to: [{operation: {paths: [""]}}]'),
    '7:31 spec.rules[0].to[0].operation.paths[0]',
    'empty value',
  ],
  [
    'AuthorizationPolicy',
    rule('to: [{operation: {ports: ["http"]}}]'),
    '7:31 spec.rules[0].to[0].operation.ports[0]',
    'invalid port "http"',
  ],
  [
    'AuthorizationPolicy',
    rule('to: [{operation: {paths: ["/{**}/{*}"]}}]'),
    '7:31 spec.rules[0].to[0].operation.paths[0]',
    'may follow a {**}',
  ],
  [
    'AuthorizationPolicy',
    rule('to: [{operation: {paths: ["/{*}/a*"]}}]'),
    '7:31 spec.rules[0].to[0].operation.paths[0]',
    'cannot contain "*"',
  ],
  [
    'AuthorizationPolicy',
    rule('from: [{source: {ipBlocks: [10.0.0]}}]'),
    '7:33 spec.rules[0].from[0].source.ipBlocks[0]',
    'not a valid IP address or CIDR',
  ],
  [
    'AuthorizationPolicy',
    rule('from: [{source: {serviceAccounts: [a], namespaces: [b]}}]'),
    '7:22 spec.rules[0].from[0].source.serviceAccounts',
    'cannot be set with',
  ],
  [
    'AuthorizationPolicy',
    rule('when: [{key: request.header, values: [a]}]'),
    '7:13 spec.rules[0].when[0].key',
    'unknown attribute (request.header)',
  ],
  [
    'AuthorizationPolicy',
    rule('when: [{key: source.ip}]'),
    '7:12 spec.rules[0].when[0]',
    'at least one of `values` or `notValues`',
  ],
  [
    'AuthorizationPolicy',
    `action: CUSTOM\nprovider: {name: a}\n${rule('from: [{source: {principals: [a]}}]')}`,
    '9:22 spec.rules[0].from[0].source.principals',
    'not supported with CUSTOM',
  ],
  [
    'AuthorizationPolicy',
    'selector: {matchLabels: {a: b}}\ntargetRefs: [{kind: Service, name: a}]',
    '5:1 spec',
    'only one of targetRefs or workloadSelector',
  ],
  [
    'AuthorizationPolicy',
    'selector: {matchLabels: {a: "*"}}',
    '6:28 spec.selector.matchLabels.a',
    'wildcard is not supported',
  ],
  [
    'RequestAuthentication',
    'jwtRules: [{issuer: a, jwks: "{}", jwksUri: "https://a"}]',
    '6:26 spec.jwtRules[0].jwks',
    'only one of jwks and jwksUri',
  ],
  [
    'RequestAuthentication',
    'jwtRules: [{issuer: a, jwksUri: "ftp://a"}]',
    '6:26 spec.jwtRules[0].jwksUri',
    'scheme "ftp" is not supported',
  ],
  ['RequestAuthentication', 'jwtRules: [{audiences: [a]}]', '6:14 spec.jwtRules[0].issuer', 'issuer must be set'],
  [
    'RequestAuthentication',
    'jwtRules: [{issuer: a, outputPayloadToHeader: x, outputClaimToHeaders: [{header: X, claim: c}]}]',
    '6:76 spec.jwtRules[0].outputClaimToHeaders[0].header',
    'duplicate output header',
  ],
  [
    'PeerAuthentication',
    'portLevelMtls: {80: {mode: STRICT}}',
    '6:3 spec.portLevelMtls',
    'cannot have port level mTLS',
  ],
  // Telemetry, extensions.
  [
    'Telemetry',
    'tracing: [{randomSamplingPercentage: 101}]',
    '6:14 spec.tracing[0].randomSamplingPercentage',
    '[0.0, 100.0]',
  ],
  ['WasmPlugin', 'url: ""', '6:3 spec.url', 'url field needs to be set'],
  [
    'EnvoyFilter',
    'configPatches: [{applyTo: CLUSTER, patch: {operation: MERGE}}]',
    '6:38 spec.configPatches[0].patch.value',
    'missing patch value',
  ],
  // Gateway API.
  ['HTTPRoute', rule('matches: [{path: {value: a}}]'), '7:23 spec.rules[0].matches[0].path.value', "start with '/'"],
  ['HTTPRoute', rule('backendRefs: [{name: a}]'), '7:19 spec.rules[0].backendRefs[0].port', 'Must have port'],
  [
    'HTTPRoute',
    rule('filters: [{type: URLRewrite}]'),
    '7:15 spec.rules[0].filters[0].urlRewrite',
    'must be specified for URLRewrite',
  ],
  [
    'HTTPRoute',
    rule('timeouts: {request: 1s, backendRequest: 2s}'),
    '7:29 spec.rules[0].timeouts.backendRequest',
    'cannot be longer',
  ],
  ['HTTPRoute', rule('timeouts: {request: 1.5s}'), '7:16 spec.rules[0].timeouts.request', 'Gateway API duration'],
  ['HTTPRoute', 'hostnames: [10.0.0.1]', '6:15 spec.hostnames[0]', 'is an IP address'],
  [
    'BackendTLSPolicy',
    'targetRefs: [{group: "", kind: Service, name: a}]\nvalidation: {hostname: a.com}',
    '7:3 spec.validation',
    'must specify either',
  ],
  // Kubernetes.
  ['Service', 'ports: [{port: 80}, {port: 81, name: a}]', '6:11 spec.ports[0]', 'every port needs a name'],
];

/** kind, spec, code, place and what is said; the object is kept. */
const WARNINGS: readonly (readonly [string, string, string, string])[] = [
  [
    'VirtualService',
    http('fault: {delay: {percent: 100, fixedDelay: 1s}}'),
    'IST0002 9:21',
    'fault.delay.percent is deprecated',
  ],
  ['VirtualService', http('mirrorPercent: 50'), 'IST0002 9:5', 'use "mirrorPercentage" instead'],
  ['VirtualService', http('corsPolicy: {allowOrigin: [a]}'), 'IST0002 9:18', 'use allowOrigins instead'],
  [
    'VirtualService',
    `${VS}gateways: [g.ns.svc.cluster.local]\nhttp: [{${ROUTE}}]`,
    'IST0133 7:14',
    'prefer the <namespace>/<name> format: "ns/g"',
  ],
  ['DestinationRule', policy('loadBalancer: {simple: LEAST_CONN}'), 'IST0002 8:20', 'use LEAST_REQUEST instead'],
  [
    'DestinationRule',
    policy('loadBalancer: {consistentHash: {useSourceIp: true, minimumRingSize: 1}}'),
    'IST0002 8:56',
    'RingHash',
  ],
  ['DestinationRule', policy('outlierDetection: {consecutiveErrors: 1}'), 'IST0002 8:24', 'consecutive5xxErrors'],
  [
    'AuthorizationPolicy',
    `action: DENY\n${rule('to: [{operation: {paths: [/x*]}}]')}`,
    'IST0133 8:5',
    'will deny all traffic to TCP ports',
  ],
  [
    'Gateway',
    server(
      'port: {number: 443, name: a, protocol: HTTPS}\n  hosts: [a]\n  tls: {mode: SIMPLE, credentialName: c, cipherSuites: [RC4]}',
    ),
    'IST0133 9:44',
    'ignoring invalid cipher suites: [RC4]',
  ],
];

describe('an error refuses the object', () => {
  test.each(ERRORS)('%s: %j', (kind, spec, place, says) => {
    const { resources, findings } = parseYaml(objectOf(kind, spec), { file: 'in.yaml' });
    const [finding] = findings.filter(({ level }) => level === 'Error');
    const { line, column, path } = finding?.origin ?? {};
    expect({ place: `${line}:${column} ${path}`, message: finding?.message }).toEqual({
      place,
      message: expect.stringContaining(says),
    });
    expect(finding?.code).toBe('IST0106');
    expect(resources).toEqual([]);
  });
});

describe('a warning keeps it', () => {
  test.each(WARNINGS)('%s: %j', (kind, spec, place, says) => {
    const { resources, findings } = parseYaml(objectOf(kind, spec), { file: 'in.yaml' });
    expect(findings.map(({ code, origin }) => `${code} ${origin.line}:${origin.column}`)).toEqual([place]);
    expect(findings[0]).toMatchObject({ level: 'Warning', message: expect.stringContaining(says) });
    expect(resources).toHaveLength(1);
  });
});

describe('metadata', () => {
  const service = (metadata: string): string => `apiVersion: v1\nkind: Service\nmetadata: {${metadata}}\nspec: {}\n`;

  test.each([
    ['labels: {a: b}', 'metadata.name: this field is required'],
    ['name: A', 'is not a valid name'],
    ['name: 5', 'expected a string, got the number 5; quote it'],
    ['name: a.b', 'is not a valid name'],
    ['name: a, namespace: b.c', 'is not a valid namespace name'],
    ['name: a, labels: {version: 1.20}', 'the value of "version" must be a string, got the number 1.2; quote it'],
    ['name: a, annotations: {on: yes}', 'unquoted true, false, yes, no, on, off, y and n are booleans'],
    ['name: a, labels: {"a b": c}', 'not a valid label key'],
    ['name: a, labels: {a: "b c"}', 'not a valid label value'],
  ])('%s is refused', (metadata, says) => {
    const { resources, findings } = parseYaml(service(metadata), { file: 'in.yaml' });
    expect(resources).toEqual([]);
    expect(findings).toMatchObject([{ code: 'IST0106', message: expect.stringContaining(says) }]);
  });

  test('the dry-run annotation is for AuthorizationPolicies only', () => {
    const text = objectOf('VirtualService', `${VS}http: [{${ROUTE}}]`).replace(
      'name: a',
      'name: a\n  annotations: {istio.io/dry-run: "true"}',
    );
    expect(parseYaml(text, { file: 'in.yaml' }).findings).toMatchObject([
      { code: 'IST0106', origin: { line: 5, path: 'metadata.annotations["istio.io/dry-run"]' } },
    ]);
  });

  test('null is the same as absent, except where it means presence', () => {
    const text = objectOf(
      'VirtualService',
      `${VS}gateways:\nhttp:\n- ${ROUTE}\n  timeout: null\n  match: [{headers: {x: null}}]`,
    );
    const { resources, findings } = parseYaml(text, { file: 'in.yaml' });
    expect(findings).toEqual([]);
    expect(resources).toMatchObject([{ spec: { http: [{ match: [{ headers: { x: null } }] }] } }]);
  });
});
