import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { type MethodDefinition, Server, ServerCredentials, type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { Log } from '../../ca/log.ts';
import type { Identity } from '../identity/identity.ts';
import {
  type DeltaRequest,
  type DiscoveryRequest,
  type DiscoveryResponse,
  decodeDeltaRequest,
  decodeDiscoveryRequest,
  encodeDeltaResponse,
  encodeDiscoveryResponse,
} from './discovery-messages.ts';
import { SECRET_TYPE_URL } from './encode-secret.ts';
import { findSecret, SECRET_NAMES } from './secrets.ts';
import { Subscription } from './subscription.ts';

type Stream<Request> = ServerDuplexStream<Request, DiscoveryResponse>;

const STREAM_SECRETS = definition('StreamSecrets', decodeDiscoveryRequest, encodeDiscoveryResponse);
const DELTA_SECRETS = definition('DeltaSecrets', decodeDeltaRequest, encodeDeltaResponse);

/** `sun_path` has 108 bytes with the closing zero: unix(7). */
const MAX_SOCKET_PATH_BYTES = 107;

/** Serves the workload's certificate and its trust to the Envoy beside it. */
export class SdsServer {
  readonly #identity: Identity;
  readonly #log: Log;
  readonly #onAnswer: () => void;
  readonly #subscriptions = new Set<Subscription>();
  readonly #server = new Server();
  #stopListening = (): void => {};

  constructor(identity: Identity, log: Log, onAnswer: () => void = () => {}) {
    this.#identity = identity;
    this.#log = log;
    this.#onAnswer = onAnswer;
  }

  async start(socketPath: string): Promise<void> {
    if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH_BYTES)
      throw new Error(`${socketPath} is too long for a socket`);
    this.#server.addService(
      { streamSecrets: STREAM_SECRETS, deltaSecrets: DELTA_SECRETS },
      {
        streamSecrets: (call: Stream<DiscoveryRequest>) => this.#serve(call, false, takeStateOfTheWorld),
        deltaSecrets: (call: Stream<DeltaRequest>) => this.#serve(call, true, takeDelta),
      },
    );
    mkdirSync(dirname(socketPath), { recursive: true, mode: 0o700 });
    // What an agent that was killed has left.
    rmSync(socketPath, { force: true });
    await promisify<string, ServerCredentials, number>(this.#server.bindAsync.bind(this.#server))(
      `unix:${socketPath}`,
      ServerCredentials.createInsecure(),
    );
    // Who can open the socket gets the private key.
    chmodSync(socketPath, 0o600);
    this.#stopListening = this.#identity.onChange(() => {
      for (const subscription of this.#subscriptions) subscription.push();
    });
  }

  stop(): void {
    this.#stopListening();
    this.#server.forceShutdown();
  }

  /** Other services that Envoy finds on the same socket; before `start`. */
  get server(): Server {
    return this.#server;
  }

  /** How many streams want this secret. */
  countSubscribers(name: string): number {
    return [...this.#subscriptions].filter(({ wanted }) => wanted.has(name)).length;
  }

  /** The version that every stream that wants this secret has taken; undefined: they differ, or nobody wants it. */
  versionInUse(name: string): string | undefined {
    const versions = [...this.#subscriptions]
      .filter(({ wanted }) => wanted.has(name))
      .map((subscription) => subscription.ackedVersion(name));
    return versions.every((version) => version === versions[0]) ? versions[0] : undefined;
  }

  #serve<Request extends { readonly typeUrl: string }>(
    call: Stream<Request>,
    isDelta: boolean,
    take: (subscription: Subscription, request: Request) => void,
  ): void {
    const subscription = new Subscription({
      isDelta,
      find: (name) => findSecret(this.#identity, name),
      send: (response) => call.write(response),
      onAnswer: (error) => {
        if (error !== undefined) this.#log('envoy-refused-secret', { why: error });
        this.#onAnswer();
      },
    });
    this.#subscriptions.add(subscription);
    const forget = (): void => {
      this.#subscriptions.delete(subscription);
    };
    call.on('data', (request: Request) => {
      if (request.typeUrl !== '' && request.typeUrl !== SECRET_TYPE_URL) {
        call.emit('error', { code: status.INVALID_ARGUMENT, details: 'only secrets are served here' });
        return;
      }
      const before = new Set(subscription.wanted);
      take(subscription, request);
      for (const name of subscription.wanted) {
        if (before.has(name) || SECRET_NAMES.includes(name)) continue;
        if (findSecret(this.#identity, name) === undefined) this.#log('unknown-secret-wanted', { name });
      }
      subscription.push();
    });
    call.on('end', () => {
      forget();
      call.end();
    });
    call.on('cancelled', forget);
    call.on('close', forget);
    call.on('error', forget);
  }
}

function takeStateOfTheWorld(subscription: Subscription, { names, nonce, error }: DiscoveryRequest): void {
  subscription.want(names, SECRET_TYPE_URL);
  subscription.answer(nonce, error);
}

function takeDelta(subscription: Subscription, request: DeltaRequest): void {
  for (const name of request.unsubscribe) subscription.unsubscribe(name);
  for (const name of request.subscribe) {
    subscription.subscribe(name, SECRET_TYPE_URL, request.initialVersions.get(name));
  }
  subscription.answer(request.nonce, request.error);
}

function definition<Request>(
  method: string,
  requestDeserialize: (bytes: Buffer) => Request,
  responseSerialize: (response: DiscoveryResponse) => Buffer,
): MethodDefinition<Request, DiscoveryResponse> {
  const notUsed = (): never => {
    throw new Error('this side only serves');
  };
  return {
    path: `/envoy.service.secret.v3.SecretDiscoveryService/${method}`,
    requestStream: true,
    responseStream: true,
    requestSerialize: notUsed,
    requestDeserialize,
    responseSerialize,
    responseDeserialize: notUsed,
  };
}
