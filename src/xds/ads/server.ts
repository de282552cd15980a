import { fromBinary } from '@bufbuild/protobuf';
import {
  type handleBidiStreamingCall,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import type { Node } from '../gen/envoy/config/core/v3/base_pb.ts';
import {
  type DeltaDiscoveryRequest,
  DeltaDiscoveryRequestSchema,
  type DiscoveryRequest,
  DiscoveryRequestSchema,
} from '../gen/envoy/service/discovery/v3/discovery_pb.ts';
import { DeltaStream } from './delta-stream.ts';
import type { XdsSnapshot } from './snapshot.ts';
import { SotwStream } from './sotw-stream.ts';
import type { StreamEvents, StreamOptions, XdsStream } from './stream.ts';

export interface AdsOptions extends StreamEvents {
  /** Clients of one group get the same snapshot. */
  readonly groupOf: (node: Node) => string;
}

/** Feeds Envoys, over one stream each, and keeps them at the newest snapshot of their group. */
export class AdsServer {
  readonly #options: AdsOptions;
  readonly #snapshots = new Map<string, XdsSnapshot>();
  readonly #streams = new Map<XdsStream, string>();
  readonly #server = new Server({ 'grpc.max_receive_message_length': MAX_REQUEST_BYTES });

  constructor(options: AdsOptions) {
    this.#options = options;
    const handlers: Record<keyof typeof SERVICE, handleBidiStreamingCall<never, Uint8Array>> = {
      StreamAggregatedResources: (call: ServerDuplexStream<DiscoveryRequest, Uint8Array>) =>
        this.#serve(call, (stream) => new SotwStream(stream)),
      DeltaAggregatedResources: (call: ServerDuplexStream<DeltaDiscoveryRequest, Uint8Array>) =>
        this.#serve(call, (stream) => new DeltaStream(stream)),
    };
    this.#server.addService(SERVICE, handlers);
  }

  publish(group: string, snapshot: XdsSnapshot): void {
    this.#snapshots.set(group, snapshot);
    for (const [stream, own] of this.#streams) if (own === group) stream.apply(snapshot);
  }

  /** Clients that are connected and have said who they are. */
  get clients(): readonly string[] {
    return [...this.#streams.keys()].map(({ client }) => client);
  }

  /** `address`: `127.0.0.1:15010`, port 0 for any, or `unix:///path`. Gives the port. */
  listen(address: string, credentials = ServerCredentials.createInsecure()): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(address, credentials, (error, port) => (error === null ? resolve(port) : reject(error)));
    });
  }

  close(): void {
    this.#server.forceShutdown();
  }

  #serve<Request>(
    call: ServerDuplexStream<Request, Uint8Array>,
    open: (options: StreamOptions) => XdsStream & { receive(request: Request): void },
  ): void {
    const stream = open({
      send: (bytes) => call.write(bytes),
      identified: (node) => {
        const group = this.#options.groupOf(node);
        this.#streams.set(stream, group);
        return this.#snapshots.get(group);
      },
      events: this.#options,
    });
    const close = (): void => {
      this.#streams.delete(stream);
    };
    call.on('data', (request: Request) => stream.receive(request));
    call.on('end', () => call.end());
    call.on('close', close);
    call.on('cancelled', close);
    call.on('error', close);
  }
}

/** A request lists names only; gRPC's own limit of 4 MiB is too little for a very large mesh. */
const MAX_REQUEST_BYTES = 64 * 1024 * 1024;

const METHODS = '/envoy.service.discovery.v3.AggregatedDiscoveryService/';
const bidirectional = { requestStream: true, responseStream: true } as const;

/** Responses are bytes already. */
const response = {
  responseSerialize: (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  responseDeserialize: (bytes: Buffer) => bytes,
};

const SERVICE = {
  StreamAggregatedResources: {
    path: `${METHODS}StreamAggregatedResources`,
    ...bidirectional,
    ...response,
    requestSerialize: (bytes: Buffer) => bytes,
    requestDeserialize: (bytes: Buffer) => fromBinary(DiscoveryRequestSchema, bytes),
  },
  DeltaAggregatedResources: {
    path: `${METHODS}DeltaAggregatedResources`,
    ...bidirectional,
    ...response,
    requestSerialize: (bytes: Buffer) => bytes,
    requestDeserialize: (bytes: Buffer) => fromBinary(DeltaDiscoveryRequestSchema, bytes),
  },
} as const satisfies ServiceDefinition;
