import { fromBinary } from '@bufbuild/protobuf';
import {
  type handleBidiStreamingCall,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServiceDefinition,
  status,
} from '@grpc/grpc-js';
import type { Node } from '../gen/envoy/config/core/v3/base_pb.ts';
import {
  type DeltaDiscoveryRequest,
  DeltaDiscoveryRequestSchema,
  type DiscoveryRequest,
  DiscoveryRequestSchema,
} from '../gen/envoy/service/discovery/v3/discovery_pb.ts';
import { DeltaStream } from './delta-stream.ts';
import { PushSlots } from './push-slots.ts';
import { Responses } from './responses.ts';
import type { XdsSnapshot } from './snapshot.ts';
import { SotwStream } from './sotw-stream.ts';
import type { StreamEvents, StreamOptions, TypeStatus, XdsStream } from './stream.ts';

/** How a client shows who it is. */
export interface ClientCredentials {
  /** The header `authorization`, as often as it was sent. */
  readonly authorization: readonly string[];
  /** DER of the client's certificate, if the handshake has verified it. */
  readonly certificate: Uint8Array | undefined;
}

/** Whether a client gets anything, and what. */
export type Admission =
  | {
      readonly kind: 'admitted';
      /** Clients of one group get the same snapshot. */
      readonly group: string;
      /** When it has to come back and show who it is again. */
      readonly untilMs?: number;
    }
  | { readonly kind: 'refused'; readonly code: status; readonly why: string };

export interface AdsOptions extends StreamEvents {
  readonly admit: (node: Node, credentials: ClientCredentials) => Admission | Promise<Admission>;
  readonly connected?: (client: string, group: string) => void;
  /** A stream of this client is over; it may have others. */
  readonly left?: (client: string, group: string) => void;
  /** How many clients are sent something at a time. */
  readonly concurrentPushes?: number;
}

/** One client's stream and how far it is. */
export interface ClientStatus {
  /** Node id. */
  readonly client: string;
  readonly group: string;
  readonly connectedAtMs: number;
  readonly types: readonly TypeStatus[];
}

/** Whatever its requests are. */
type Call = Pick<
  ServerDuplexStream<unknown, Uint8Array>,
  'metadata' | 'getAuthContext' | 'emit' | 'end' | 'cancelled'
> & { on(event: 'close' | 'cancelled', listener: () => void): unknown };

interface Connected {
  readonly client: string;
  readonly group: string;
  readonly connectedAtMs: number;
  /** Undefined: it waits for its turn. */
  stream: XdsStream | undefined;
}

const DEFAULT_CONCURRENT_PUSHES = 64;
const PATIENCE_MS = 5_000;
/** After this a client that stays shows its credentials again, as Istio's do. */
const MAX_STREAM_MS = 30 * 60 * 1000;

/** Feeds Envoys, over one stream each, and keeps them at the newest snapshot of their group. */
export class AdsServer {
  readonly responses = new Responses();
  readonly #options: AdsOptions;
  readonly #snapshots = new Map<string, XdsSnapshot>();
  readonly #calls = new Map<Call, Connected>();
  readonly #groups = new Map<string, Set<Call>>();
  readonly #slots: PushSlots<Call>;
  readonly #servers: Server[] = [];

  constructor(options: AdsOptions) {
    this.#options = options;
    const limit = options.concurrentPushes ?? DEFAULT_CONCURRENT_PUSHES;
    this.#slots = new PushSlots({ limit, patienceMs: PATIENCE_MS });
  }

  publish(group: string, snapshot: XdsSnapshot): void {
    this.#snapshots.set(group, snapshot);
    for (const call of this.#groups.get(group) ?? []) {
      const connected = this.#calls.get(call);
      // Who waits for its turn starts with the newest.
      if (connected?.stream !== undefined) this.#slots.request(call, () => this.#push(connected));
    }
  }

  /** For a group that nobody is in any more. */
  forget(group: string): void {
    this.#snapshots.delete(group);
  }

  /** Ends the streams of a group. */
  disconnect(group: string, code: status, why: string): void {
    for (const call of [...(this.#groups.get(group) ?? [])]) refuse(call, code, why);
  }

  /** Clients that are connected and have said who they are. */
  get clients(): readonly string[] {
    return [...this.#calls.values()].map(({ client }) => client);
  }

  get statuses(): readonly ClientStatus[] {
    return [...this.#calls.values()].map(({ client, group, connectedAtMs, stream }) => ({
      client,
      group,
      connectedAtMs,
      types: stream?.statuses ?? [],
    }));
  }

  /** Adds the service to a server that may have others, the CA's. */
  addTo(server: Server): void {
    const handlers: Record<keyof typeof SERVICE, handleBidiStreamingCall<never, Uint8Array>> = {
      StreamAggregatedResources: (call: ServerDuplexStream<DiscoveryRequest, Uint8Array>) =>
        this.#serve(call, (...given) => new SotwStream(...given)),
      DeltaAggregatedResources: (call: ServerDuplexStream<DeltaDiscoveryRequest, Uint8Array>) =>
        this.#serve(call, (...given) => new DeltaStream(...given)),
    };
    server.addService(SERVICE, handlers);
  }

  /** `address`: `127.0.0.1:15010`, port 0 for any, or `unix:///path`. Gives the port. */
  listen(address: string, credentials = ServerCredentials.createInsecure()): Promise<number> {
    const server = new Server({ 'grpc.max_receive_message_length': MAX_ADS_REQUEST_BYTES });
    this.addTo(server);
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.bindAsync(address, credentials, (error, port) => (error === null ? resolve(port) : reject(error)));
    });
  }

  close(): void {
    for (const server of this.#servers.splice(0)) server.forceShutdown();
    for (const call of this.#calls.keys()) this.#slots.forget(call);
  }

  #push({ stream, group }: Connected): boolean {
    const snapshot = this.#snapshots.get(group);
    if (snapshot !== undefined) stream?.apply(snapshot);
    return stream?.isBusy ?? false;
  }

  #connect(call: Call, client: string, group: string): Connected {
    const connected = { client, group, connectedAtMs: Date.now(), stream: undefined };
    this.#calls.set(call, connected);
    const calls = this.#groups.get(group);
    if (calls === undefined) this.#groups.set(group, new Set([call]));
    else calls.add(call);
    this.#options.connected?.(client, group);
    return connected;
  }

  #leave(call: Call): void {
    this.#slots.forget(call);
    const connected = this.#calls.get(call);
    if (connected === undefined) return;
    const { client, group } = connected;
    this.#calls.delete(call);
    const calls = this.#groups.get(group);
    calls?.delete(call);
    if (calls?.size === 0) this.#groups.delete(group);
    this.#options.left?.(client, group);
  }

  #serve<Request extends { readonly node?: Node | undefined }>(
    call: ServerDuplexStream<Request, Uint8Array>,
    open: (
      options: StreamOptions,
      client: string,
      snapshot: XdsSnapshot | undefined,
    ) => XdsStream & { receive(request: Request): void },
  ): void {
    let stream: (XdsStream & { receive(request: Request): void }) | undefined;
    const first = async (request: Request): Promise<void> => {
      const { node } = request;
      if (node === undefined) return refuse(call, status.INVALID_ARGUMENT, 'the first request names no node');
      const admission = await this.#options.admit(node, credentialsOf(call));
      if (admission.kind === 'refused') return refuse(call, admission.code, admission.why);
      const connected = this.#connect(call, node.id, admission.group);
      if (call.cancelled) return this.#leave(call);
      endAt(call, admission.untilMs);
      this.#slots.request(call, () => {
        const options: StreamOptions = {
          send: (bytes) => call.write(bytes),
          idle: () => this.#slots.release(call),
          responses: this.responses,
          events: this.#options,
        };
        stream = open(options, node.id, this.#snapshots.get(admission.group));
        connected.stream = stream;
        stream.receive(request);
        call.resume();
        return stream.isBusy;
      });
    };
    const leave = (): void => this.#leave(call);
    call.on('data', (request: Request) => {
      if (stream !== undefined) return stream.receive(request);
      // Nothing else is read until it is known who asks.
      call.pause();
      first(request).catch((error: unknown) => {
        refuse(call, status.INTERNAL, error instanceof Error ? error.message : 'the control plane failed');
      });
    });
    call.on('end', () => {
      leave();
      call.end();
    });
    call.on('close', leave);
    call.on('cancelled', leave);
    call.on('error', leave);
  }
}

function credentialsOf(call: Call): ClientCredentials {
  return {
    authorization: call.metadata.get('authorization').map(String),
    certificate: call.getAuthContext().sslPeerCertificate?.raw,
  };
}

/** grpc-js ends a stream with the status that is emitted as an error. */
function refuse(call: Call, code: status, details: string): void {
  call.emit('error', Object.assign(new Error(details), { code, details }));
}

function endAt(call: Call, untilMs = Number.POSITIVE_INFINITY): void {
  // Spread: clients that came at one time do not all come back at one time.
  const maxMs = MAX_STREAM_MS * (0.8 + 0.2 * Math.random());
  const timer = setTimeout(() => call.end(), Math.max(0, Math.min(maxMs, untilMs - Date.now())));
  timer.unref();
  call.on('close', () => clearTimeout(timer));
  call.on('cancelled', () => clearTimeout(timer));
}

/** A request lists names only: this is enough for tens of thousands of resources. */
export const MAX_ADS_REQUEST_BYTES = 8 * 1024 * 1024;

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
