import type { Fields } from '../support/api-server/kube-object.ts';

/** Objects as users and controllers write them. */
export const objects = {
  gateway: (name = 'web', hosts: readonly string[] = ['*']): Fields => ({
    apiVersion: 'networking.istio.io/v1',
    kind: 'Gateway',
    metadata: { name, namespace: 'default' },
    spec: {
      selector: { istio: 'ingressgateway' },
      servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts }],
    },
  }),
  virtualService: (name: string, host: string, service: string, subset?: string): Fields => ({
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name, namespace: 'default' },
    spec: {
      hosts: [host],
      gateways: ['web'],
      http: [
        {
          match: [{ uri: { prefix: `/${name}` } }],
          route: [{ destination: { host: service, ...(subset === undefined ? {} : { subset }) } }],
        },
      ],
    },
  }),
  destinationRule: (name: string, host: string, subsets: readonly string[]): Fields => ({
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: { name, namespace: 'default' },
    spec: { host, subsets: subsets.map((subset) => ({ name: subset, labels: { version: subset } })) },
  }),
  service: (name: string, port = 80): Fields => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { selector: { app: name }, ports: [{ name: 'http', port }] },
  }),
  slice: (name: string, service: string, addresses: readonly string[]): Fields => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace: 'default', labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
  }),
  pod: (name: string, labels: Record<string, string>, ip: string): Fields => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels },
    spec: { containers: [{ name: 'app' }] },
    status: { phase: 'Running', podIP: ip },
  }),
} as const;
