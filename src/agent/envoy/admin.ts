import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface AdminAnswer {
  readonly status: number;
  readonly body: string;
}

const TIMEOUT_MS = 2_000;

/** Envoy's admin interface on loopback. */
export class EnvoyAdmin {
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  async ask(method: 'GET' | 'POST', path: string): Promise<AdminAnswer> {
    const response = await this.open(method, path);
    return { status: response.statusCode ?? 0, body: await text(response) };
  }

  /** The answer as it comes, for what can be long. */
  open(method: 'GET' | 'POST', path: string, timeoutMs = TIMEOUT_MS): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(timeoutMs);
      request({ host: '127.0.0.1', port: this.#port, method, path, agent: false, signal }, resolve)
        .on('error', reject)
        .end();
    });
  }

  /** Whether Envoy says that it serves: configured, and not draining. */
  async isReady(): Promise<boolean> {
    try {
      return (await this.ask('GET', '/ready')).status === 200;
    } catch {
      return false;
    }
  }

  /** Connections of clients, without those to Envoy's and the agent's own listeners. */
  async countConnections(): Promise<number> {
    const { body } = await this.ask('GET', '/stats?filter=%5Elistener%5C..*downstream_cx_active%24');
    return body
      .split('\n')
      .map((line) => /^listener\.(\S+)\.downstream_cx_active: (\d+)$/.exec(line))
      .filter((match) => match !== null && !/^(admin|agent_)/.test(match[1] ?? ''))
      .reduce((sum, match) => sum + Number(match?.[2]), 0);
  }
}
