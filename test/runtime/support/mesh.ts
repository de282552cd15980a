import { compileMesh } from '../../../src/control/compile.ts';
import type { ClusterConfig } from '../../../src/engine/config.ts';
import { parseYaml } from '../../../src/resources/parse.ts';
import type { SnapshotInput } from '../../../src/snapshot/encode.ts';
import { caseTokens } from '../../case-tokens.ts';

/** Everything that the suites ask for, in one mesh. */
const MESH = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: web, namespace: demo }
spec:
  selector: { istio: ingressgateway }
  servers:
    - { port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }
---
${service('app')}
---
${service('canary')}
---
${service('odd')}
---
${service('down')}
---
${service('far')}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: other, namespace: demo }
spec:
  hosts: [other.example.com]
  gateways: [web]
  http:
    - directResponse: { status: 200, body: { string: other } }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: shop, namespace: demo }
spec:
  hosts: ["*"]
  gateways: [web]
  http:
    - { match: [{ uri: { exact: /hi } }], directResponse: { status: 200, body: { string: hi } } }
    - match: [{ headers: { end-user: { exact: jason } } }]
      headers: { request: { set: { x-rule: jason } } }
      route: [{ destination: { host: app } }]
    - match: [{ uri: { regex: "/item/[0-9]+" } }]
      headers: { request: { set: { x-rule: item } } }
      route: [{ destination: { host: app } }]
    - match: [{ uri: { prefix: /api/ } }]
      rewrite: { uri: /v1/, authority: inside.example.com }
      headers:
        request: { set: { x-rule: api }, remove: [x-secret] }
        response: { add: { x-answered: "yes" }, remove: [content-type] }
      route: [{ destination: { host: app } }]
    - { match: [{ uri: { prefix: /old } }], redirect: { uri: /new, authority: new.example.com, redirectCode: 308 } }
    - match: [{ uri: { prefix: /cors } }]
      corsPolicy: { allowOrigins: [{ exact: "https://shop.example.org" }], allowMethods: [GET], maxAge: 1h }
      route: [{ destination: { host: app } }]
    - match: [{ uri: { prefix: /late } }]
      fault: { delay: { fixedDelay: 120ms, percentage: { value: 100 } } }
      route: [{ destination: { host: app } }]
    - match: [{ uri: { prefix: /teapot } }]
      fault: { abort: { httpStatus: 418, percentage: { value: 100 } } }
      route: [{ destination: { host: app } }]
    - match: [{ uri: { prefix: /split } }]
      route:
        - { destination: { host: app }, weight: 80, headers: { request: { set: { x-share: stable } } } }
        - { destination: { host: canary }, weight: 20, headers: { request: { set: { x-share: canary } } } }
    - match: [{ uri: { prefix: /go } }]
      rewrite: { uriRegexRewrite: { match: "^/go(.*)$", rewrite: '\\1' } }
      route: [{ destination: { host: app } }]
    - { match: [{ uri: { prefix: /odd/ } }], route: [{ destination: { host: odd } }] }
    - { match: [{ uri: { prefix: /down } }], route: [{ destination: { host: down } }] }
    - match: [{ uri: { prefix: /far } }]
      rewrite: { authority: inside.example.com }
      route: [{ destination: { host: far } }]
    - match: [{ uri: { prefix: /mirrored } }]
      mirror: { host: canary }
      route: [{ destination: { host: app } }]
    - { match: [{ uri: { prefix: /timed } }], timeout: 10s, route: [{ destination: { host: app } }] }
    - { match: [{ uri: { prefix: /hang } }], timeout: 200ms, route: [{ destination: { host: app } }] }
    - route: [{ destination: { host: app } }]
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: tokens, namespace: istio-system }
spec:
  jwtRules:
    - issuer: https://issuer.example.com
      jwks: '${caseTokens.jwks}'
      outputClaimToHeaders: [{ header: x-sub, claim: sub }]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: members, namespace: istio-system }
spec:
  action: DENY
  rules:
    - from: [{ source: { notRequestPrincipals: ["*"] } }]
      to: [{ operation: { paths: [/members, /members/*] } }]
    - to: [{ operation: { paths: [/admin, /admin/*] } }]
    - from: [{ source: { remoteIpBlocks: [203.0.113.0/24] } }]
`;

export interface UpstreamUrls {
  readonly app: string;
  readonly odd: string;
}

/** The mesh whose services are these servers; `far` is behind a gateway, `down` is a port where nobody listens. */
export function runtimeMesh({ app, odd }: UpstreamUrls): SnapshotInput {
  const { resources, findings } = parseYaml(MESH, { file: 'runtime.yaml' });
  const compiled = compileMesh(resources);
  const errors = [...findings, ...compiled.findings].filter(({ level }) => level === 'Error');
  if (errors.length > 0) throw new Error(errors.map(({ code, message }) => `${code} ${message}`).join('\n'));
  const urls: Readonly<Record<string, string>> = { app, canary: app, odd, down: 'http://127.0.0.1:9' };
  const clusters = [...compiled.mesh.edge.clusters].map(([name, cluster]): [string, ClusterConfig] => {
    const url = urls[cluster.host.split('.')[0] ?? ''];
    return [name, url === undefined ? cluster : { ...cluster, upstream: { kind: 'origin', urls: [url] } }];
  });
  return { ...compiled.mesh.edge, clusters: new Map(clusters) };
}

function service(name: string): string {
  return `apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: demo }
spec: { selector: { app: ${name} }, ports: [{ name: http, port: 80 }] }`;
}
