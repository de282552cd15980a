import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One of several applications: it says its name, and does what a test wants. */
export class NamedApp {
  readonly name: string;
  /** What it answers with. */
  status = 200;
  /** Held answers wait until they are let go. */
  holds = false;
  readonly requests: { readonly path: string; readonly headers: IncomingHttpHeaders }[] = [];
  readonly #held: ServerResponse[] = [];
  readonly #server: Server;
  port = 0;

  private constructor(name: string) {
    this.name = name;
    this.#server = createServer((request, response) => {
      this.requests.push({ path: request.url ?? '', headers: request.headers });
      request.resume();
      if (this.holds) this.#held.push(response);
      else this.#answer(response);
    });
  }

  static async start(name: string): Promise<NamedApp> {
    const app = new NamedApp(name);
    app.#server.listen(0, '127.0.0.1');
    await once(app.#server, 'listening');
    app.port = (app.#server.address() as AddressInfo).port;
    return app;
  }

  #answer(response: ServerResponse): void {
    response.writeHead(this.status);
    response.end(this.name);
  }

  get held(): number {
    return this.#held.length;
  }

  release(): void {
    this.holds = false;
    for (const response of this.#held.splice(0)) this.#answer(response);
  }

  /** As it was when it was started. */
  reset(): void {
    this.release();
    this.status = 200;
    this.requests.length = 0;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
