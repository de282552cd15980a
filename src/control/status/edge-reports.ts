import type { Log } from '../../ca/log.ts';
import { asFields } from '../../resources/metadata.ts';

export interface EdgeReportsOptions {
  /** Admin pages of the edges: `https://shop.example.com/_foresail`. */
  readonly edges: readonly string[];
  readonly token: string;
  readonly intervalMs?: number;
  readonly log: Log;
  /** What is served has changed. */
  onChange(): void;
}

const DEFAULT_INTERVAL_MS = 5_000;
const TIMEOUT_MS = 10_000;

/** Asks edges which snapshot they serve. One that does not answer is not counted, and told. */
export class EdgeReports {
  readonly #options: EdgeReportsOptions;
  readonly #versions = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;

  constructor(options: EdgeReportsOptions) {
    this.#options = options;
  }

  /** The oldest version that any of them serves; undefined: none has answered. */
  get servedVersion(): number | undefined {
    return this.#versions.size === 0 ? undefined : Math.min(...this.#versions.values());
  }

  get servingEdges(): number {
    return this.#versions.size;
  }

  start(): void {
    if (this.#options.edges.length > 0) void this.#tick();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async #tick(): Promise<void> {
    const { edges, intervalMs = DEFAULT_INTERVAL_MS, onChange } = this.#options;
    const before = JSON.stringify([...this.#versions]);
    await Promise.all(edges.map((edge) => this.#ask(edge)));
    if (this.#isStopped) return;
    if (JSON.stringify([...this.#versions]) !== before) onChange();
    this.#timer = setTimeout(() => void this.#tick(), intervalMs);
  }

  async #ask(edge: string): Promise<void> {
    const { token, log } = this.#options;
    try {
      const response = await fetch(`${edge.replace(/\/$/, '')}/snapshot`, {
        headers: { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(TIMEOUT_MS),
        redirect: 'error',
      });
      if (!response.ok) throw new Error(`the edge answered ${response.status}`);
      const version = asFields(await response.json())?.version;
      if (typeof version === 'number') this.#versions.set(edge, version);
      else this.#versions.delete(edge);
    } catch (error) {
      this.#versions.delete(edge);
      log('edge_not_asked', { edge, why: error instanceof Error ? error.message : String(error) });
    }
  }
}
