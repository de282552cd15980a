import { globalTransport, type Transport } from '../../runtime.ts';
import type { OtlpSettings, OtlpSignal } from '../telemetry-settings.ts';

/** A receiver that takes longer has not taken it. */
const TIMEOUT_MS = 5_000;
const MAX_PAUSE_MS = 60_000;

/** Sends bodies of one signal, one after the other. After a failure it pauses, longer each time. */
export class OtlpSender {
  readonly #url: string;
  readonly #transport: Transport;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #nowMs: () => number;
  #isSending = false;
  #failures = 0;
  #resumeAtMs = 0;

  constructor(settings: OtlpSettings, signal: OtlpSignal, transport: Transport | undefined, nowMs: () => number) {
    this.#url = `${settings.endpoint}/v1/${signal}`;
    this.#transport = transport ?? globalTransport;
    this.#headers = { 'content-type': 'application/json', ...settings.headers };
    this.#nowMs = nowMs;
  }

  get isFree(): boolean {
    return !this.#isSending && this.#nowMs() >= this.#resumeAtMs;
  }

  /** `refused`: sent again it would be refused again. Never rejects. */
  async send(body: string): Promise<'taken' | 'failed' | 'refused'> {
    this.#isSending = true;
    try {
      const response = await this.#transport.fetch(this.#url, {
        method: 'POST',
        headers: this.#headers,
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await response.body?.cancel();
      if (response.ok) {
        this.#failures = 0;
        return 'taken';
      }
      this.#fail();
      return response.status === 429 || response.status >= 500 ? 'failed' : 'refused';
    } catch {
      this.#fail();
      return 'failed';
    } finally {
      this.#isSending = false;
    }
  }

  #fail(): void {
    this.#failures++;
    this.#resumeAtMs = this.#nowMs() + Math.min(MAX_PAUSE_MS, 500 * 2 ** this.#failures);
  }
}
