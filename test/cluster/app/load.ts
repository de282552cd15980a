import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { askHttp } from './clients.ts';
import type { Echo, LoadReport } from './commands.ts';

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
