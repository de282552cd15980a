import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync } from 'node:fs';
import { request } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Command, Echo, HttpAnswer, HttpCall } from './app/commands.ts';
import type { AsUser, Network } from './network.ts';

const APP = fileURLToPath(new URL('./app/main.ts', import.meta.url));
const APP_USER: AsUser = { uid: 1000 };

/** A network namespace with processes in it. */
export class Pod {
  readonly name: string;
  readonly address: string;
  readonly folder: string;
  readonly #network: Network;
  readonly #socketPath: string;
  readonly #compileCache: string;

  constructor(network: Network, name: string, address: string, folder: string, compileCache: string) {
    this.#compileCache = compileCache;
    this.#network = network;
    this.name = name;
    this.address = address;
    this.folder = folder;
    this.#socketPath = join(folder, 'app', 'control.sock');
  }

  /** `output`: each line that it prints. */
  start(argv: readonly string[], user: AsUser, { env = {}, output }: StartOptions = {}): ChildProcess {
    const [file = '', ...args] = this.#network.inside(this.name, argv, user);
    const all = { PATH: process.env.PATH ?? '', ...env };
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env: all });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => output?.(chunk));
    }
    return child;
  }

  /** `serves`: beside the clients that tests command. */
  async startApp({ serves }: { readonly serves: boolean }): Promise<void> {
    const folder = join(this.folder, 'app');
    mkdirSync(folder, { recursive: true });
    chownSync(folder, APP_USER.uid, APP_USER.uid);
    const env = {
      POD: this.name,
      CONTROL: this.#socketPath,
      SERVES: String(serves),
      NODE_COMPILE_CACHE: this.#compileCache,
    };
    let said = '';
    const child = this.start([process.execPath, APP], APP_USER, {
      env,
      output: (chunk) => {
        said += chunk;
      },
    });
    await Promise.race([
      once(child.stdout ?? child, 'data'),
      once(child, 'exit').then(() => Promise.reject(new Error(`the application of ${this.name} has ended: ${said}`))),
    ]);
  }

  /** Has the application do something; what went wrong there is thrown here. */
  async tell(command: Command): Promise<unknown> {
    const sent = request({ socketPath: this.#socketPath, method: 'POST', path: '/' });
    sent.end(JSON.stringify(command));
    const [response] = await once(sent, 'response');
    const { result, error } = JSON.parse(await text(response)) as { result?: unknown; error?: string };
    if (error !== undefined) throw new Error(error);
    return result;
  }

  async http(call: HttpCall | string): Promise<HttpAnswer> {
    return (await this.tell({ do: 'http', ...(typeof call === 'string' ? { url: call } : call) })) as HttpAnswer;
  }

  /** What the application of the other side has seen. */
  async echo(call: HttpCall | string): Promise<Echo> {
    const { status, body } = await this.http(call);
    if (status !== 200) throw new Error(`${status} ${body}`);
    return JSON.parse(body) as Echo;
  }

  /** The status, or what was wrong with the connection. */
  async statusOf(call: HttpCall | string): Promise<number | string> {
    return await this.http(call).then(
      ({ status }) => status,
      (error: Error) => error.message,
    );
  }

  /** A port on this machine's loopback that leads to one in the pod. */
  async door(port: number, host = '127.0.0.1'): Promise<Door> {
    const server = createServer((outer) => {
      const sent = request({ socketPath: this.#socketPath, method: 'CONNECT', path: `${host}:${port}` });
      sent.on('connect', (_, inner: Socket) => {
        outer.pipe(inner).pipe(outer);
        inner.on('error', () => outer.destroy());
      });
      sent.on('error', () => outer.destroy());
      outer.on('error', () => sent.destroy());
      sent.end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const opened = typeof address === 'object' && address !== null ? address.port : 0;
    return { url: `http://127.0.0.1:${opened}`, close: () => void server.close() };
  }

  run(argv: readonly string[]): string {
    return this.#network.run(this.name, argv);
  }
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly output?: (chunk: string) => void;
}

export interface Door {
  readonly url: string;
  close(): void;
}
