/** Objects of a neighbour whose fields are made wrong: a port, hosts and a namespace of their own. */
export const DONORS: readonly object[] = [
  donor('networking.istio.io/v1', 'Gateway', {
    selector: { istio: 'ingressgateway' },
    servers: [{ port: { number: 8081, name: 'sick', protocol: 'HTTP' }, hosts: ['sick/sick.example.com'] }],
  }),
  donor('networking.istio.io/v1', 'VirtualService', {
    hosts: ['sick.example.com'],
    gateways: ['sick'],
    exportTo: ['.'],
    http: [
      {
        name: 'one',
        match: [
          {
            uri: { regex: '/a.*' },
            headers: { 'x-a': { exact: 'b' } },
            queryParams: { q: { prefix: 'r' } },
            method: { exact: 'GET' },
            port: 8081,
          },
        ],
        rewrite: { uri: '/b', authority: 'c' },
        timeout: '3s',
        retries: { attempts: 2, perTryTimeout: '1s', retryOn: '5xx' },
        fault: {
          delay: { percentage: { value: 10 }, fixedDelay: '1s' },
          abort: { percentage: { value: 1 }, httpStatus: 503 },
        },
        corsPolicy: { allowOrigins: [{ exact: 'https://a' }], allowMethods: ['GET'], maxAge: '1h' },
        headers: { request: { set: { 'x-set': '%REQ(x-a)%' }, remove: ['x-b'] }, response: { add: { 'x-c': 'd' } } },
        mirror: { host: 'sick.sick.svc.cluster.local' },
        mirrorPercentage: { value: 1 },
        route: [
          { destination: { host: 'sick.sick.svc.cluster.local', subset: 'v1', port: { number: 80 } }, weight: 90 },
          { destination: { host: 'sick.sick.svc.cluster.local' }, weight: 10 },
        ],
      },
      { redirect: { uri: '/x', redirectCode: 302 }, match: [{ uri: { exact: '/r' } }] },
      { directResponse: { status: 200, body: { string: 'hi' } } },
    ],
  }),
  donor('networking.istio.io/v1', 'DestinationRule', {
    host: 'sick.sick.svc.cluster.local',
    trafficPolicy: {
      loadBalancer: { simple: 'ROUND_ROBIN' },
      connectionPool: { tcp: { maxConnections: 10, connectTimeout: '1s' }, http: { http1MaxPendingRequests: 5 } },
      outlierDetection: { consecutive5xxErrors: 3, interval: '1s', baseEjectionTime: '30s' },
      tls: { mode: 'SIMPLE', sni: 'a.example' },
    },
    subsets: [{ name: 'v1', labels: { version: 'v1' } }],
  }),
  donor('networking.istio.io/v1', 'ServiceEntry', {
    hosts: ['api.sick.example'],
    addresses: ['240.0.0.9'],
    location: 'MESH_EXTERNAL',
    resolution: 'STATIC',
    ports: [{ number: 443, name: 'https', protocol: 'HTTPS', targetPort: 8443 }],
    endpoints: [{ address: '192.0.2.9', ports: { https: 443 }, labels: { a: 'b' }, locality: 'r/z', weight: 3 }],
  }),
  donor('networking.istio.io/v1', 'WorkloadEntry', {
    address: '192.0.2.8',
    ports: { http: 80 },
    labels: { app: 'sick' },
  }),
  donor('networking.istio.io/v1', 'Sidecar', {
    egress: [{ hosts: ['./*'], port: { number: 80, name: 'h', protocol: 'HTTP' } }],
  }),
  donor('networking.istio.io/v1alpha3', 'EnvoyFilter', {
    configPatches: [
      { applyTo: 'HTTP_FILTER', match: { context: 'GATEWAY' }, patch: { operation: 'ADD', value: { name: 'x' } } },
    ],
  }),
  donor('security.istio.io/v1', 'AuthorizationPolicy', {
    selector: { matchLabels: { app: 'sick' } },
    action: 'DENY',
    rules: [
      {
        from: [{ source: { principals: ['cluster.local/ns/a/sa/b'], ipBlocks: ['10.0.0.0/8'] } }],
        to: [{ operation: { paths: ['/a/{*}'], methods: ['GET'], ports: ['80'] } }],
        when: [{ key: 'request.headers[x-a]', values: ['b*'] }],
      },
    ],
  }),
  donor('security.istio.io/v1', 'RequestAuthentication', {
    selector: { matchLabels: { app: 'sick' } },
    jwtRules: [
      {
        issuer: 'https://sick.example',
        audiences: ['a'],
        jwks: '{"keys":[{"kty":"oct","k":"AAAA"}]}',
        fromHeaders: [{ name: 'x-jwt', prefix: 'Bearer ' }],
        outputClaimToHeaders: [{ header: 'x-sub', claim: 'sub' }],
      },
    ],
  }),
  donor('security.istio.io/v1', 'PeerAuthentication', {
    selector: { matchLabels: { app: 'sick' } },
    mtls: { mode: 'STRICT' },
    portLevelMtls: { '80': { mode: 'DISABLE' } },
  }),
  donor('telemetry.istio.io/v1', 'Telemetry', {
    accessLogging: [{ providers: [{ name: 'envoy' }], filter: { expression: 'response.code >= 400' } }],
    metrics: [{ overrides: [{ match: { metric: 'REQUEST_COUNT' }, tagOverrides: { a: { value: 'request.host' } } }] }],
    tracing: [{ randomSamplingPercentage: 10 }],
  }),
  donor('gateway.networking.k8s.io/v1', 'HTTPRoute', {
    parentRefs: [{ name: 'sick', sectionName: 'http' }],
    hostnames: ['route.sick.example.com'],
    rules: [
      {
        matches: [{ path: { type: 'PathPrefix', value: '/a' }, headers: [{ name: 'x-a', value: 'b' }] }],
        filters: [
          { type: 'URLRewrite', urlRewrite: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/b' } } },
        ],
        backendRefs: [{ name: 'sick', port: 80, weight: 1 }],
      },
    ],
  }),
  donor('v1', 'Service', {
    clusterIP: '10.9.9.9',
    selector: { app: 'sick' },
    ports: [{ name: 'http', port: 80, targetPort: 8080, appProtocol: 'http' }],
  }),
  donor('apps/v1', 'Deployment', {
    replicas: 1,
    selector: { matchLabels: { app: 'sick' } },
    template: {
      metadata: { labels: { app: 'sick', version: 'v1' } },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    },
  }),
];

function donor(apiVersion: string, kind: string, spec: object): object {
  return { apiVersion, kind, metadata: { name: 'sick', namespace: 'sick', labels: { app: 'sick' } }, spec };
}
