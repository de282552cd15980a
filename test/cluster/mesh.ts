import type { Cluster, PodSpec } from './cluster.ts';

/** Certificates of a caller and of the called, so short that they are renewed while the suite runs. */
const SHORT_TTL_S = 40;

/** What every part of the suite has: a caller, a service of two versions, a stranger, and one without a sidecar. */
export const PODS: readonly PodSpec[] = [
  {
    name: 'front',
    namespace: 'shop',
    serviceAccount: 'front',
    labels: { app: 'front', 'istio-locality': 'eu.eu-1' },
    proxy: 'sidecar',
    ttlS: SHORT_TTL_S,
  },
  {
    name: 'web-1',
    namespace: 'shop',
    serviceAccount: 'web',
    labels: { app: 'web', version: 'v1', 'istio-locality': 'eu.eu-2' },
    annotations: { 'prometheus.io/scrape': 'true' },
    proxy: 'sidecar',
    ttlS: SHORT_TTL_S,
    agentArguments: ['--app-metrics', 'http://127.0.0.1:8080/metrics'],
    agentEnv: {
      ISTIO_KUBE_APP_PROBERS: JSON.stringify({
        '/app-health/app/readyz': { httpGet: { path: '/health', port: 8080 }, timeoutSeconds: 5 },
        '/app-health/app/livez': { tcpSocket: { port: 9000 }, timeoutSeconds: 5 },
      }),
    },
  },
  {
    name: 'web-2',
    namespace: 'shop',
    serviceAccount: 'web',
    labels: { app: 'web', version: 'v2', 'istio-locality': 'us.us-1' },
    proxy: 'sidecar',
  },
  { name: 'other', namespace: 'other', serviceAccount: 'other', labels: { app: 'other' }, proxy: 'sidecar' },
  {
    name: 'web-3',
    namespace: 'shop',
    serviceAccount: 'web',
    labels: { app: 'web', version: 'v3', 'istio-locality': 'eu.eu-1' },
    proxy: 'sidecar',
  },
  {
    name: 'redis',
    namespace: 'shop',
    serviceAccount: 'redis',
    labels: { app: 'redis' },
    proxy: 'sidecar',
    serves: false,
  },
  {
    name: 'vault',
    namespace: 'shop',
    serviceAccount: 'vault',
    labels: { app: 'vault' },
    proxy: 'played',
    serves: true,
  },
  { name: 'bare', namespace: 'legacy', serviceAccount: 'default', labels: { app: 'bare' }, proxy: 'none' },
];

export const WEB_PORTS = `
    - { name: http, port: 80, targetPort: 8080 }
    - { name: tcp, port: 9000, targetPort: 9000 }
    - { name: grpc, port: 9090, targetPort: 9090 }`;

export const SERVICES = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec:
  clusterIP: 10.96.1.1
  selector: { app: web }
  ports:${WEB_PORTS}
---
apiVersion: v1
kind: Service
metadata: { name: redis, namespace: shop }
spec:
  clusterIP: 10.96.1.3
  selector: { app: redis }
  ports: [{ name: redis, port: 6379 }]
---
apiVersion: v1
kind: Service
metadata: { name: bare, namespace: legacy }
spec:
  clusterIP: 10.96.1.2
  selector: { app: bare }
  ports:${WEB_PORTS}
`;

/** The EndpointSlice of a service, as Kubernetes keeps it: which pods are behind it. */
export function endpointSlice(cluster: Cluster, service: string, namespace: string, pods: readonly string[]): string {
  const endpoints = pods.map(
    (name) =>
      `\n  - { addresses: [${cluster.pod(name).address}], conditions: { ready: true }, targetRef: { kind: Pod, name: ${name}, namespace: ${namespace} } }`,
  );
  return `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ${service}-1, namespace: ${namespace}, labels: { kubernetes.io/service-name: ${service} } }
addressType: IPv4
ports:
  - { name: http, port: 8080, protocol: TCP }
  - { name: tcp, port: 9000, protocol: TCP }
  - { name: grpc, port: 9090, protocol: TCP }
endpoints: ${pods.length === 0 ? '[]' : endpoints.join('')}
`;
}
