/** A thousand proxies as far as the control plane can see: streams that ask for what they are told of, as Envoy does. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { Cluster_DiscoveryType, ClusterSchema } from '../../src/xds/gen/envoy/config/cluster/v3/cluster_pb.ts';
import {
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
} from '../../src/xds/gen/envoy/service/discovery/v3/discovery_pb.ts';
import { CLUSTER, ENDPOINTS, LISTENER, ROUTES } from '../../src/xds/resource.ts';
import type { ProxiesAsked } from './proxies.ts';

const { port, proxies, services } = JSON.parse(process.argv[2] ?? '{}') as ProxiesAsked & { readonly port: number };
const METHOD = '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources';

/** What this asks for after CDS and LDS is worked out once: to decode it a thousand times would measure the clients. */
const namesIn = new Map<string, readonly string[]>();

for (let i = 0; i < proxies; i++) connect(i);

function connect(i: number): void {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer svc-${i % services}`);
  const stream = client.makeBidiStreamRequest(
    METHOD,
    (bytes: Buffer) => bytes,
    (bytes: Buffer) => bytes,
    metadata,
  );
  const id = `sidecar~10.0.${i >> 8}.${i & 255}~pod-${i}.bench~bench.svc.cluster.local`;
  const asked = new Set<string>();
  const send = (request: Parameters<typeof create<typeof DeltaDiscoveryRequestSchema>>[1]): void => {
    stream.write(Buffer.from(toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, request))));
  };
  stream.on('error', (error) => {
    console.error(id, error.message);
    process.exit(1);
  });
  stream.on('data', (bytes: Buffer) => {
    const { typeUrl, nonce, resources } = fromBinary(DeltaDiscoveryResponseSchema, bytes);
    send({ typeUrl, responseNonce: nonce });
    if (typeUrl === CLUSTER && !asked.has(ENDPOINTS)) {
      asked.add(ENDPOINTS);
      const names = cached(`${typeUrl} ${nonce}`, () =>
        resources.flatMap(({ name, resource }) => {
          const cluster = fromBinary(ClusterSchema, resource?.value ?? new Uint8Array());
          const { clusterDiscoveryType: type } = cluster;
          return type.case === 'type' && type.value === Cluster_DiscoveryType.EDS ? [name] : [];
        }),
      );
      send({ typeUrl: ENDPOINTS, resourceNamesSubscribe: [...names] });
      send({ typeUrl: LISTENER });
    }
    if (typeUrl === LISTENER && !asked.has(ROUTES)) {
      asked.add(ROUTES);
      send({ typeUrl: ROUTES, resourceNamesSubscribe: ['80'] });
    }
  });
  send({ node: { id, metadata: { NAMESPACE: 'bench' } }, typeUrl: CLUSTER });
}

function cached(key: string, make: () => readonly string[]): readonly string[] {
  let names = namesIn.get(key);
  if (names === undefined) {
    names = make();
    namesIn.set(key, names);
  }
  return names;
}
