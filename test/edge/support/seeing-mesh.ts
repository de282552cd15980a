import { compileMesh } from '../../../src/control/compile.ts';
import { parseYaml } from '../../../src/resources/parse.ts';
import type { SnapshotInput } from '../../../src/snapshot/encode.ts';

/** A shop with two versions, a page that nobody may see, and what Telemetry says of it. */
export function seeingMesh(upstreamPort: number, telemetry: object, meshConfig: object = {}): SnapshotInput {
  const { resources, findings } = parseYaml(
    `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: web, namespace: istio-system }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ['*'] }]
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: shop, namespace: istio-system }
spec:
  hosts: [shop.example.com]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports: [{ number: ${upstreamPort}, name: http, protocol: HTTP }]
  endpoints: [{ address: 127.0.0.1 }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: shop, namespace: istio-system }
spec:
  hosts: ['*']
  gateways: [istio-system/web]
  http:
    - { name: hello, match: [{ uri: { exact: /hello } }], directResponse: { status: 200, body: { string: hello } } }
    - { name: nothing, match: [{ uri: { exact: /nothing } }], directResponse: { status: 404 } }
    - match: [{ uri: { exact: /moved } }]
      name: moved
      rewrite: { uri: /echo }
      route: [{ destination: { host: shop.example.com } }]
    - { name: shop, match: [{ uri: { prefix: / } }], route: [{ destination: { host: shop.example.com } }] }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: no-secrets, namespace: istio-system }
spec: { action: DENY, rules: [{ to: [{ operation: { ports: ['80'], paths: [/secret*] } }] }] }
---
${JSON.stringify({ apiVersion: 'telemetry.istio.io/v1', kind: 'Telemetry', metadata: { name: 'mesh', namespace: 'istio-system' }, spec: telemetry })}
`,
    { file: 'shop.yaml' },
  );
  if (findings.length > 0) throw new Error(JSON.stringify(findings));
  const { mesh } = compileMesh(resources, { meshConfigFile: { file: 'mesh.yaml', text: JSON.stringify(meshConfig) } });
  return mesh.edge;
}
