import type { Chance } from './chance.ts';
import { authorizationPolicy, requestAuthentication } from './generate-policies.ts';
import { virtualService } from './generate-virtual-service.ts';
import type { Json, MeshObjects } from './mesh-case.ts';

/** A gateway on 80, often 443 and 8080, services, rules for some of them, and policies now and then. */
export function generateMesh(chance: Chance): MeshObjects {
  return [
    ...(chance.is(0.4) ? [meshConfig(chance)] : []),
    gateway(chance),
    ...SERVICE_OBJECTS,
    ...(chance.is(0.7) ? [destinationRule()] : []),
    ...numbered(chance.list(1, 3, () => virtualService(chance))),
    ...numbered(chance.is(0.35) ? chance.list(1, 2, () => requestAuthentication(chance)) : []),
    ...numbered(chance.is(0.4) ? chance.list(1, 3, () => authorizationPolicy(chance)) : []),
  ];
}

function numbered(objects: { [key: string]: Json }[]): Json[] {
  return objects.map((object, index) => ({
    ...object,
    metadata: { ...(object.metadata as { [key: string]: Json }), name: `r${index}` },
  }));
}

function meshConfig(chance: Chance): Json {
  const normalization = chance.pick([
    'NONE',
    'BASE',
    'MERGE_SLASHES',
    'DECODE_AND_MERGE_SLASHES',
    'DECODE_AND_MERGE_SLASHES',
  ]);
  const hops = chance.is(0.3) ? `\ndefaultConfig: {gatewayTopology: {numTrustedProxies: ${1 + chance.number(2)}}}` : '';
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'istio', namespace: 'istio-system' },
    data: { mesh: `pathNormalization: {normalization: ${normalization}}${hops}\n` },
  };
}

function gateway(chance: Chance): Json {
  const hosts = chance.pick([['*'], ['*.test'], ['a.test', 'b.test', '*.b.test'], ['shop/*', 'a.test']]);
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Gateway',
    metadata: { name: 'gw', namespace: 'shop' },
    spec: {
      selector: { istio: 'ingressgateway' },
      servers: [
        {
          port: { number: 80, name: 'http', protocol: 'HTTP' },
          hosts,
          ...(chance.is(0.1) ? { tls: { httpsRedirect: true } } : {}),
        },
        ...(chance.is(0.5) ? [{ port: { number: 8080, name: 'alt', protocol: 'HTTP' }, hosts: ['*'] }] : []),
        ...(chance.is(0.5)
          ? [
              {
                port: { number: 443, name: 'https', protocol: 'HTTPS' },
                hosts: ['*'],
                tls: { mode: 'SIMPLE', credentialName: 'cert' },
              },
            ]
          : []),
      ],
    },
  };
}

function service(name: string, ports: Json[]): Json {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'shop' },
    spec: { selector: { app: name }, ports },
  };
}

/** Without endpoints listed nothing is known of them: they are taken to be there. `empty` has certainly none. */
const SERVICE_OBJECTS: readonly Json[] = [
  service('web', [{ port: 8000, name: 'http' }]),
  service('api', [{ port: 80, name: 'http' }]),
  service('multi', [
    { port: 80, name: 'http' },
    { port: 9090, name: 'http-admin' },
  ]),
  service('empty', [{ port: 80, name: 'http' }]),
  { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'empty', namespace: 'shop' }, subsets: [] },
];

function destinationRule(): Json {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      host: 'web',
      subsets: [
        { name: 'v1', labels: { version: 'v1' } },
        { name: 'v2', labels: { version: 'v2' } },
      ],
    },
  };
}
