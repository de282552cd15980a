import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { MemoryStore } from '../../../src/store/memory.ts';

/** What is wrong with the store right now. */
export type KvFault =
  | { readonly kind: 'none' }
  /** Every read is a 500. */
  | { readonly kind: 'down' }
  /** No read is ever answered. */
  | { readonly kind: 'hanging' }
  | { readonly kind: 'slow'; readonly ms: number }
  /** Values are changed on their way. */
  | { readonly kind: 'altering'; readonly alter: (key: string, value: string) => string | undefined };

/** The HTTP form of Workers KV from which plain workerd reads a namespace, with faults. */
export class FaultyKv {
  readonly store = new MemoryStore();
  fault: KvFault = { kind: 'none' };
  reads = 0;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async start(): Promise<FaultyKv> {
    const kv = new FaultyKv();
    kv.#server.listen(0, '127.0.0.1');
    await once(kv.#server, 'listening');
    return kv;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await once(this.#server.close(), 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.reads++;
    const { fault } = this;
    if (fault.kind === 'hanging') return;
    if (fault.kind === 'slow') await sleep(fault.ms);
    if (fault.kind === 'down') {
      response.writeHead(500).end('the store is down');
      return;
    }
    const [path = '/'] = (request.url ?? '/').split('?');
    if (path === '/bulk/get') {
      const { keys } = JSON.parse(await text(request)) as { readonly keys: readonly string[] };
      response.end(JSON.stringify(Object.fromEntries(keys.map((key) => [key, this.#value(key) ?? null]))));
      return;
    }
    const value = this.#value(decodeURIComponent(path.slice(1)));
    response.writeHead(value === undefined ? 404 : 200).end(value);
  }

  #value(key: string): string | undefined {
    const value = this.store.values.get(key);
    return value !== undefined && this.fault.kind === 'altering' ? this.fault.alter(key, value) : value;
  }
}
