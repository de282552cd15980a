import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { askHttp } from './clients.ts';
import type { Echo, LoadReport, Percentiles } from './commands.ts';

/** Some keep their connection, some open one for each request: both must survive what happens to a mesh. */
const KEEPING_CALLERS = 3;
const RECONNECTING_CALLERS = 2;
const PAUSE_MS = 10;

/** Requests without end, each counted. */
export class Load {
  readonly #agent = new Agent({ keepAlive: true });
  #callers: Promise<void>[] = [];
  #isEnding = false;
  #failures: string[] = [];
  #pods: Record<string, number> = {};

  start(url: string): void {
    this.#isEnding = false;
    this.#failures = [];
    this.#pods = {};
    this.#callers = [
      ...Array.from({ length: KEEPING_CALLERS }, () => this.#call(url, this.#agent)),
      ...Array.from({ length: RECONNECTING_CALLERS }, () => this.#call(url, false)),
    ];
  }

  async end(): Promise<LoadReport> {
    this.#isEnding = true;
    await Promise.all(this.#callers);
    const succeeded = Object.values(this.#pods).reduce((sum, count) => sum + count, 0);
    return { succeeded, failures: this.#failures, pods: this.#pods };
  }

  async #call(url: string, agent: Agent | false): Promise<void> {
    while (!this.#isEnding) {
      try {
        const { status, body, headers } = await askHttp({ url }, agent);
        if (status === 200) {
          const { pod } = JSON.parse(body) as Echo;
          this.#pods[pod] = (this.#pods[pod] ?? 0) + 1;
        } else {
          this.#failures.push(`${new Date().toISOString()} ${status} ${body} ${JSON.stringify(headers)}`);
        }
      } catch (error) {
        this.#failures.push(`${new Date().toISOString()} ${String(error)}`);
      }
      await sleep(PAUSE_MS);
    }
  }
}

const WARM_UP_CALLS = 200;

/** How long calls take, one after the other over one connection. */
export async function measure(url: string, count: number): Promise<Percentiles> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const tookMs: number[] = [];
  for (let i = -WARM_UP_CALLS; i < count; i++) {
    const answer = await askHttp({ url }, agent);
    if (answer.status !== 200) throw new Error(`${url} has answered ${answer.status}`);
    if (i >= 0) tookMs.push(answer.tookMs);
  }
  agent.destroy();
  tookMs.sort((a, b) => a - b);
  const at = (share: number): number => tookMs[Math.floor(share * (tookMs.length - 1))] ?? 0;
  return { medianMs: at(0.5), p99Ms: at(0.99) };
}
