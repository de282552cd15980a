import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { Log } from '../../ca/log.ts';
import { createCsr } from '../../ca/x509/create-csr.ts';
import { Backoff } from '../backoff.ts';
import type { CaClient } from './ca-client.ts';
import { checkAnswer, type ExpectedIdentity } from './check-answer.ts';
import type { HeldCertificate } from './held-certificate.ts';
import { renewalTimeMs } from './renewal-time.ts';
import { readTrust, type Trust } from './trust.ts';

export interface IdentityOptions {
  readonly ca: CaClient;
  readonly expected: ExpectedIdentity;
  readonly ttlS: number;
  readonly log: Log;
  readonly firstRetryMs?: number;
  readonly maxRetryMs?: number;
  nowMs?(): number;
  readonly clockCheckMs?: number;
}

/** A timer does not see the clock being set, nor the time that a machine sleeps: the clock is looked at this often. */
const CLOCK_CHECK_MS = 30_000;
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 30_000;
/** When the issuer changes, agents renew spread over this time. */
const ISSUER_CHANGE_SPREAD_MS = 10_000;

/** What the workload is known by now, renewed early. A failure never takes away what is held. */
export class Identity {
  readonly #options: IdentityOptions;
  readonly #backoff: Backoff;
  readonly #onChange = new Set<() => void>();
  #certificate: HeldCertificate | undefined;
  #trust: Trust | undefined;
  #isTrustFollowed = false;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  #renewing: Promise<void> | undefined;
  renewals = 0;
  failures = 0;

  constructor(options: IdentityOptions) {
    this.#options = options;
    this.#backoff = new Backoff({ firstMs: this.#firstRetryMs, maxMs: options.maxRetryMs ?? MAX_RETRY_MS });
  }

  get #firstRetryMs(): number {
    return this.#options.firstRetryMs ?? FIRST_RETRY_MS;
  }

  get #nowMs(): number {
    return this.#options.nowMs?.() ?? Date.now();
  }

  get certificate(): HeldCertificate | undefined {
    return this.#certificate;
  }

  get trust(): Trust | undefined {
    return this.#trust;
  }

  onChange(listener: () => void): () => void {
    this.#onChange.add(listener);
    return () => this.#onChange.delete(listener);
  }

  start(): void {
    if (!this.#isStopped) this.#renewNow();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** The CA's bundle, which has the last word over the root that came with a certificate. */
  setTrust(rootsPem: string, crlPem: string): void {
    const trust = readTrust(rootsPem, crlPem);
    this.#isTrustFollowed = true;
    if (trust.hash === this.#trust?.hash && trust.crlPem === this.#trust.crlPem) return;
    this.#trust = trust;
    this.#options.log('trust-changed', { hash: trust.hash });
    this.#tell();
  }

  /** The CA signs with another certificate now. */
  noticeIssuer(issuer: string): void {
    if (this.#certificate === undefined || this.#certificate.issuer === issuer || this.#renewing !== undefined) return;
    const { receivedAtMs, notAfterMs } = this.#certificate;
    const spreadMs = Math.min(ISSUER_CHANGE_SPREAD_MS, (notAfterMs - receivedAtMs) / 10);
    this.#schedule(Math.random() * spreadMs);
  }

  #renewNow(): void {
    this.#renewing ??= this.#renew()
      .then(
        ({ receivedAtMs, notAfterMs }) => {
          this.#backoff.reset();
          this.#renewAt(renewalTimeMs(receivedAtMs, notAfterMs));
        },
        (error: unknown) => {
          this.failures += 1;
          const retryInMs = Math.round(this.#retryInMs());
          this.#options.log('certificate-failed', { why: reasonOf(error), retryInMs });
          this.#schedule(retryInMs);
        },
      )
      .finally(() => {
        this.#renewing = undefined;
      });
  }

  /** No pause takes more than a quarter of the life that is left, so that a short-lived certificate is not slept away. */
  #retryInMs(): number {
    const pauseMs = this.#backoff.next();
    const leftMs = this.#certificate === undefined ? 0 : this.#certificate.notAfterMs - this.#nowMs;
    return leftMs <= 0 ? pauseMs : Math.min(pauseMs, Math.max(this.#firstRetryMs, leftMs / 4));
  }

  async #renew(): Promise<HeldCertificate> {
    const { ca, expected, ttlS, log } = this.#options;
    const privateKey = await newKey();
    const answer = await ca.createCertificate(await createCsr(privateKey), ttlS, this.#trust?.rootsPem ?? '');
    const { certificate, rootPem } = checkAnswer(answer.certChain, privateKey, expected, this.#nowMs);
    this.#certificate = certificate;
    if (!this.#isTrustFollowed) this.#trust = readTrust(rootPem, '');
    this.renewals += 1;
    const { spiffeId, serial, issuer, notAfterMs } = certificate;
    log('certificate-received', { spiffeId, serial, issuer, notAfterMs });
    this.#tell();
    return certificate;
  }

  #renewAt(dueMs: number): void {
    const leftMs = dueMs - this.#nowMs;
    const checkMs = this.#options.clockCheckMs ?? CLOCK_CHECK_MS;
    if (leftMs > checkMs) this.#after(checkMs, () => this.#renewAt(dueMs));
    else this.#schedule(leftMs);
  }

  #schedule(inMs: number): void {
    this.#after(inMs, () => this.#renewNow());
  }

  #after(ms: number, then: () => void): void {
    clearTimeout(this.#timer);
    if (!this.#isStopped) this.#timer = setTimeout(then, Math.max(0, ms));
  }

  #tell(): void {
    for (const listener of this.#onChange) listener();
  }
}

/** A new key for each certificate: one that leaked is of use for half a day. */
async function newKey(): Promise<KeyObject> {
  const { privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  return privateKey;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
