/** What a proxy's agent has last said about itself. */
export interface ProxyReport {
  readonly identity: string;
  readonly proxyId: string;
  /** The trust bundle that its Envoy has taken; empty: none yet. */
  readonly bundleHash: string;
  readonly issuer: string;
  readonly connected: boolean;
  readonly seenAtMs: number;
}

const MAX_PROXIES = 200_000;

/** The agents that follow the trust bundle, connected or lately so. In memory: after a restart they all say it again. */
export class Proxies {
  readonly #reports = new Map<string, ProxyReport>();

  report(report: ProxyReport): void {
    const key = `${report.identity} ${report.proxyId}`;
    this.#reports.delete(key);
    this.#reports.set(key, report);
    const [oldest] = this.#reports.keys();
    if (this.#reports.size > MAX_PROXIES && oldest !== undefined) this.#reports.delete(oldest);
  }

  forget(identity: string, proxyId: string): void {
    this.#reports.delete(`${identity} ${proxyId}`);
  }

  find(identity: string, proxyId: string): ProxyReport | undefined {
    return this.#reports.get(`${identity} ${proxyId}`);
  }

  get all(): Iterable<ProxyReport> {
    return this.#reports.values();
  }
}
