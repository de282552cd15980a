import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Ask {
  readonly path: string;
  readonly host?: string;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export interface LoadOptions {
  readonly url: string;
  /** Path and Host of the n-th request. */
  readonly next?: (n: number) => Ask;
  readonly connections?: number;
  /** Between two requests of a connection. */
  readonly pauseMs?: number;
  /** Whether an answer is one that a healthy mesh gives. */
  readonly isGood?: (status: number, body: string, asked: Ask) => boolean;
}

const PATIENCE_MS = 30_000;

/** Requests one after the other on a few connections, from `start` to `stop`; every one that fails is noted. */
export class SteadyLoad {
  /** Each failure in words, by how often. */
  readonly failures = new Map<string, number>();
  answered = 0;
  readonly #options: LoadOptions;
  readonly #agent: Agent;
  readonly #loops: readonly Promise<void>[];
  #isOver = false;
  #sent = 0;

  private constructor(options: LoadOptions) {
    this.#options = options;
    const connections = options.connections ?? 4;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
    this.#loops = Array.from({ length: connections }, () => this.#loop());
  }

  static start(options: LoadOptions): SteadyLoad {
    return new SteadyLoad(options);
  }

  /** Resolves when so many more requests have been answered. */
  async more(count: number): Promise<void> {
    const wanted = this.answered + count;
    while (this.answered < wanted) await sleep(5);
  }

  async stop(): Promise<{ readonly answered: number; readonly failures: Record<string, number> }> {
    this.#isOver = true;
    await Promise.all(this.#loops);
    this.#agent.destroy();
    return { answered: this.answered, failures: Object.fromEntries(this.failures) };
  }

  async #loop(): Promise<void> {
    const { url, next, isGood = (status: number) => status === 200 } = this.#options;
    while (!this.#isOver) {
      const asked = next?.(this.#sent++) ?? { path: '/' };
      const outcome = await ask(url, asked, this.#agent);
      this.answered++;
      const words = typeof outcome === 'string' ? outcome : `${outcome.status} ${outcome.body.slice(0, 80)}`;
      const isFailed = typeof outcome === 'string' || !isGood(outcome.status, outcome.body, asked);
      if (isFailed) this.failures.set(words, (this.failures.get(words) ?? 0) + 1);
      await sleep(this.#options.pauseMs ?? 5);
    }
  }
}

/** One request; in words where there is no whole answer. */
export function ask(url: string, { path, host }: Ask, agent: Agent | false = false): Promise<Answer | string> {
  return new Promise((resolve) => {
    const headers = host === undefined ? {} : { host };
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const request = httpRequest(new URL(path, url), { agent, headers, signal }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', (error) => resolve(`cut off: ${error.message}`));
    });
    request.on('error', (error) => resolve(`no answer: ${error.message}`));
    request.end();
  });
}
