import * as fc from 'fast-check';

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
const port = fc.integer({ min: 1, max: 65_535 });
const flag = fc.constantFrom('true', 'false');
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });

const handler = fc.oneof(
  fc.record({
    httpGet: fc.record(
      {
        path: fc.constantFrom('/', '/ready', 'bare', '/a?b=c'),
        port: fc.oneof(port, fc.constant('web'), word),
        scheme: fc.constantFrom('HTTP', 'HTTPS'),
        host: fc.constantFrom('', '10.0.0.9'),
      },
      { requiredKeys: ['port'] },
    ),
  }),
  fc.record({ tcpSocket: fc.record({ port: fc.oneof(port, fc.constant('web')) }) }),
  fc.record({ grpc: fc.record({ port, service: fc.constantFrom('', 'shop') }, { requiredKeys: ['port'] }) }),
  fc.record({ exec: fc.record({ command: fc.array(word, { minLength: 1, maxLength: 2 }) }) }),
);
const probe = fc
  .tuple(
    handler,
    fc.record(
      { timeoutSeconds: fc.integer({ min: 1, max: 60 }), periodSeconds: fc.integer({ min: 1, max: 60 }) },
      { requiredKeys: [] },
    ),
  )
  .map(([one, timing]) => ({ ...one, ...timing }));

function container(name: string) {
  return fc.record(
    {
      name: fc.constant(name),
      image: word,
      ports: fc.array(fc.record({ name: fc.constantFrom('web', 'admin'), containerPort: port }), { maxLength: 2 }),
      env: fc.array(fc.record({ name: word, value: word }), { maxLength: 3 }),
      livenessProbe: probe,
      readinessProbe: probe,
      startupProbe: probe,
      resources: fc.constant({ limits: { cpu: '1' } }),
    },
    { requiredKeys: ['name', 'image'] },
  );
}

const containers = fc
  .uniqueArray(word, { minLength: 1, maxLength: 3 })
  .chain((names) => fc.tuple(...names.map(container)));
const initContainers = fc
  .uniqueArray(word, { maxLength: 2 })
  .chain((names) => fc.tuple(...names.map((name) => container(`init-${name}`))));
/** What a user writes to change the proxy itself. */
const ownProxy = fc.constantFrom(
  { name: 'istio-proxy', image: 'auto' },
  {
    name: 'istio-proxy',
    image: 'mine:1',
    env: [{ name: 'TRUST_DOMAIN', value: 'x' }],
    resources: { limits: { cpu: '3' } },
  },
);

const annotations = fc.record(
  {
    'sidecar.istio.io/inject': flag,
    'sidecar.istio.io/nativeSidecar': flag,
    'sidecar.istio.io/proxyCPU': fc.constantFrom('50m', '2'),
    'sidecar.istio.io/proxyMemoryLimit': fc.constantFrom('1Gi', '100Mi'),
    'sidecar.istio.io/rewriteAppHTTPProbers': flag,
    'sidecar.istio.io/logLevel': fc.constantFrom('debug', 'info'),
    'sidecar.istio.io/interceptionMode': fc.constantFrom('REDIRECT', 'NONE', 'TPROXY'),
    'sidecar.istio.io/userVolume': fc.constant('[{"name":"more","emptyDir":{}}]'),
    'sidecar.istio.io/userVolumeMount': fc.constant('{"more":{"mountPath":"/more"}}'),
    'traffic.sidecar.istio.io/excludeInboundPorts': fc.constantFrom('9090', '9090,9091', ''),
    'traffic.sidecar.istio.io/includeOutboundIPRanges': fc.constantFrom('*', '10.0.0.0/8', ''),
    'prometheus.io/scrape': flag,
    'prometheus.io/port': fc.constant('9102'),
    'prometheus.io/path': fc.constant('/m'),
    'prometheus.istio.io/merge-metrics': flag,
    'proxy.istio.io/config': fc.constantFrom(
      'holdApplicationUntilProxyStarts: true',
      '{"concurrency": 3, "terminationDrainDuration": "20s"}',
      'proxyMetadata: { ISTIO_META_X: on-demand }',
    ),
    'status.sidecar.istio.io/port': fc.constantFrom('0', '15025'),
    'inject.istio.io/templates': fc.constantFrom('sidecar', 'gateway'),
    'example.com/a~b': word,
  },
  { requiredKeys: [] },
);
const labels = fc.record(
  { app: word, version: word, 'sidecar.istio.io/inject': flag, 'pod-template-hash': fc.constant('5f7d8') },
  { requiredKeys: [] },
);
const owners = fc.constantFrom(
  { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-5f7d8', controller: true, uid: 'u' },
  { apiVersion: 'batch/v1', kind: 'Job', name: 'night-28391040', controller: true, uid: 'u' },
  { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', controller: true, uid: 'u' },
);

/** Pods of every shape that injection looks at, as the API server sends them. */
export const anyPod = fc
  .record({
    labels: optional(labels),
    annotations: optional(annotations),
    ownerReferences: optional(fc.tuple(owners)),
    containers,
    initContainers: optional(initContainers),
    proxy: optional(ownProxy),
    volumes: optional(fc.constant([{ name: 'data', emptyDir: {} }])),
    hostNetwork: optional(fc.boolean()),
    imagePullSecrets: optional(fc.constant([{ name: 'registry' }])),
  })
  .map(({ labels, annotations, ownerReferences, containers, proxy, ...spec }) =>
    withoutUndefined({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { generateName: 'web-5f7d8-', namespace: 'shop', labels, annotations, ownerReferences },
      spec: {
        ...spec,
        containers: proxy === undefined ? containers : [...containers, proxy],
        serviceAccountName: 'web',
      },
    }),
  );

/** As JSON has it. */
function withoutUndefined(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}
