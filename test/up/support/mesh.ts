/** A small shop: two versions behind one host, by way of subsets. */
export const SHOP = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: gw }
spec:
  selector: { istio: ingressgateway }
  servers:
    - { port: { number: 80, name: http, protocol: HTTP }, hosts: ["shop.localhost"] }
    - { port: { number: 8080, name: http-alt, protocol: HTTP }, hosts: ["alt.localhost"] }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: shop }
spec: { host: shop, subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }] }
---
apiVersion: v1
kind: Service
metadata: { name: shop }
spec: { selector: { app: shop }, ports: [{ name: http, port: 80 }] }
---
${deployment('v1')}
---
${deployment('v2')}
`;

export function deployment(version: string, annotations = '{}'): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: shop-${version}, annotations: ${annotations} }
spec:
  selector: { matchLabels: { app: shop, version: ${version} } }
  template:
    metadata: { labels: { app: shop, version: ${version} } }
    spec: { containers: [{ name: shop, image: shop }] }`;
}

/** Rules of the shop's VirtualService, each a line of YAML. */
export function routes(...http: string[]): string {
  return `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: shop }
spec:
  hosts: [shop.localhost, alt.localhost]
  gateways: [gw]
  http:
${http.map((rule) => `    - ${rule}`).join('\n')}
`;
}

export const TO_V1 = 'route: [{ destination: { host: shop, subset: v1 } }]';
export const TO_V2 = 'route: [{ destination: { host: shop, subset: v2 } }]';
