import { type ClientDuplexStream, type ServiceError, status } from '@grpc/grpc-js';
import type { Log } from '../../ca/log.ts';
import type { TrustReport, TrustUpdate } from '../../ca/service/trust-messages.ts';
import { Backoff } from '../backoff.ts';
import type { CaClient } from './ca-client.ts';
import type { Identity } from './identity.ts';

export interface TrustFollowerOptions {
  readonly ca: CaClient;
  readonly identity: Identity;
  readonly proxyId: string;
  /** What Envoy has taken over SDS: the hash of the roots and the certificate's issuer. */
  readonly inUse: () => { readonly bundleHash: string; readonly issuer: string };
  readonly log: Log;
  readonly maxRetryMs?: number;
}

/** Istio's own CA has no such service; it is asked again now and then, for a CA that is replaced. */
const RETRY_UNIMPLEMENTED_MS = 600_000;
const LEAVE_TIMEOUT_MS = 500;
const LOOK_EVERY_MS = 5_000;

/** Keeps the trust bundle as the CA has it, and tells the CA what the proxy uses. */
export class TrustFollower {
  readonly #options: TrustFollowerOptions;
  readonly #backoff: Backoff;
  #stream: ClientDuplexStream<TrustReport, TrustUpdate> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lookTimer: NodeJS.Timeout | undefined;
  #reported = '';
  #isStopped = false;
  #resolveFirst = (): void => {};
  /** Resolves when the CA has answered once, with a bundle or an error. */
  readonly first = new Promise<void>((resolve) => {
    this.#resolveFirst = resolve;
  });

  constructor(options: TrustFollowerOptions) {
    this.#options = options;
    this.#backoff = new Backoff({ firstMs: 250, maxMs: options.maxRetryMs ?? 10_000 });
  }

  start(): void {
    const { log } = this.#options;
    let stream: ClientDuplexStream<TrustReport, TrustUpdate>;
    try {
      stream = this.#open();
    } catch (error) {
      // The token or the roots cannot be read.
      log('trust-failed', { why: String(error) });
      this.#again(this.#backoff.next());
      return;
    }
    this.#stream = stream;
    this.#reported = '';
    // What nothing in Envoy wants is known to be out of use only after a while.
    this.#lookTimer ??= setInterval(() => this.report(), LOOK_EVERY_MS).unref();
    stream.on('data', (update: TrustUpdate) => {
      this.#backoff.reset();
      this.#take(update);
    });
    stream.on('error', (error: ServiceError) => {
      if (this.#stream !== stream) return;
      const isUnknown = error.code === status.UNIMPLEMENTED;
      if (!this.#isStopped) log('trust-failed', { why: error.message });
      this.#again(isUnknown ? RETRY_UNIMPLEMENTED_MS : this.#backoff.next());
    });
    stream.on('end', () => {
      if (this.#stream === stream) this.#again(this.#backoff.next());
    });
    this.report();
  }

  /** To be called whenever Envoy has taken something. Says only what is new. */
  report(): void {
    const { proxyId, inUse } = this.#options;
    const report = { proxyId, ...inUse(), leaving: false };
    const text = JSON.stringify(report);
    if (this.#stream === undefined || text === this.#reported) return;
    this.#stream.write(report);
    this.#reported = text;
  }

  /** Says that this proxy and its key are no more, if the CA can be reached. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    clearInterval(this.#lookTimer);
    try {
      const stream = this.#stream ?? this.#open();
      const ended = new Promise<void>((resolve) => {
        stream.on('status', () => resolve());
        stream.on('error', () => resolve());
        stream.resume();
        setTimeout(resolve, LEAVE_TIMEOUT_MS).unref();
      });
      stream.write({ proxyId: this.#options.proxyId, bundleHash: '', issuer: '', leaving: true });
      stream.end();
      await ended;
      stream.cancel();
    } catch {
      // Without a token there is nobody to tell.
    }
    this.#stream = undefined;
  }

  #open(): ClientDuplexStream<TrustReport, TrustUpdate> {
    const { ca, identity } = this.#options;
    return ca.followTrust(identity.trust?.rootsPem ?? '');
  }

  #take(update: TrustUpdate): void {
    const { identity, log } = this.#options;
    try {
      identity.setTrust(update.bundlePem, update.crlPem);
    } catch (error) {
      log('trust-refused', { why: error instanceof Error ? error.message : String(error) });
      return;
    }
    this.#resolveFirst();
    identity.noticeIssuer(update.issuer);
    this.report();
  }

  #again(inMs: number): void {
    this.#stream = undefined;
    this.#resolveFirst();
    if (this.#isStopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.start(), inMs);
  }
}
