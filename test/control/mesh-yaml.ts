/** A Gateway and so many Services and VirtualServices of ten rules, as one file of YAML. */
export function meshYaml(hosts: number, prefixes: Readonly<Record<number, string>> = {}): string {
  const documents = [
    `apiVersion: networking.istio.io/v1
kind: Gateway
metadata:
  name: edge
spec:
  selector: {istio: ingressgateway}
  servers:
  - port: {number: 80, name: http, protocol: HTTP}
    hosts: ["*"]
`,
  ];
  for (let i = 0; i < hosts; i++) documents.push(service(i), virtualService(i, prefixes[i] ?? '/api'));
  return documents.join('---\n');
}

function service(i: number): string {
  return `apiVersion: v1
kind: Service
metadata:
  name: svc-${i}
spec:
  ports: [{port: 80, name: http}]
`;
}

function virtualService(i: number, prefix: string): string {
  const rules = Array.from(
    { length: 10 },
    (_, rule) => `  - match:
    - uri:
        prefix: ${prefix}/${rule}
    route:
    - destination:
        host: svc-${i}
`,
  );
  return `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: shop-${i}
spec:
  hosts: [shop-${i}.example.com]
  gateways: [edge]
  http:
${rules.join('')}`;
}
