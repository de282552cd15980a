import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { type ChannelCredentials, Client, type ClientDuplexStream, credentials, Metadata } from '@grpc/grpc-js';
import {
  DeltaDiscoveryRequestSchema,
  type DeltaDiscoveryResponse,
  DeltaDiscoveryResponseSchema,
  DiscoveryRequestSchema,
  type DiscoveryResponse,
  DiscoveryResponseSchema,
} from '../../src/xds/gen/envoy/service/discovery/v3/discovery_pb.ts';

const SERVICE = '/envoy.service.discovery.v3.AggregatedDiscoveryService/';

/** One stream of a client that speaks the protocol by hand: nothing is answered unless the test does so. */
export class AdsClient<Init, Response> {
  readonly received: Response[] = [];
  /** What the stream has ended with. */
  error: Error | undefined;
  readonly #client: Client;
  readonly #stream: ClientDuplexStream<Init, Response>;
  #wake: () => void = () => {};

  private constructor(client: Client, stream: ClientDuplexStream<Init, Response>) {
    this.#client = client;
    this.#stream = stream;
    stream.on('data', (response: Response) => {
      this.received.push(response);
      this.#wake();
    });
    stream.on('error', (error) => {
      this.error = error;
    });
  }

  static sotw(port: number): AdsClient<MessageInitShape<typeof DiscoveryRequestSchema>, DiscoveryResponse> {
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    const stream = client.makeBidiStreamRequest(
      `${SERVICE}StreamAggregatedResources`,
      (init: MessageInitShape<typeof DiscoveryRequestSchema>) =>
        Buffer.from(toBinary(DiscoveryRequestSchema, create(DiscoveryRequestSchema, init))),
      (bytes: Buffer) => fromBinary(DiscoveryResponseSchema, bytes),
    );
    return new AdsClient(client, stream);
  }

  static delta(
    port: number,
    { token, channel = credentials.createInsecure() }: { token?: string; channel?: ChannelCredentials } = {},
  ): AdsClient<MessageInitShape<typeof DeltaDiscoveryRequestSchema>, DeltaDiscoveryResponse> {
    const client = new Client(`localhost:${port}`, channel, { 'grpc.use_local_subchannel_pool': 1 });
    const metadata = new Metadata();
    if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
    const stream = client.makeBidiStreamRequest(
      `${SERVICE}DeltaAggregatedResources`,
      (init: MessageInitShape<typeof DeltaDiscoveryRequestSchema>) =>
        Buffer.from(toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, init))),
      (bytes: Buffer) => fromBinary(DeltaDiscoveryResponseSchema, bytes),
      metadata,
    );
    return new AdsClient(client, stream);
  }

  send(request: Init): void {
    this.#stream.write(request);
  }

  /** The next response that has not been taken yet. */
  async next(withinMs = 5_000): Promise<Response> {
    const deadline = Date.now() + withinMs;
    while (this.received.length === 0) {
      if (Date.now() > deadline) throw new Error('no response in time');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, 100);
      });
    }
    return this.received.shift() as Response;
  }

  /** Whether the server stays silent for a while. */
  async isQuiet(): Promise<boolean> {
    await new Promise((resolve) => setTimeout(resolve, 60));
    return this.received.length === 0;
  }

  close(): void {
    this.#stream.cancel();
    this.#client.close();
  }
}
