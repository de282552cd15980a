import { type AddressInfo, createServer, type Server } from 'node:net';
import { type HeaderLines, parseMessage } from './raw-http.ts';

/** What an upstream was sent, to the letter. */
export interface Received {
  /** The address that was called: each cluster has one of its own. */
  readonly address: string;
  readonly method: string;
  readonly target: string;
  readonly headers: HeaderLines;
  readonly body: string;
}

/** How every body of this upstream starts. */
export const ECHO_START = '{"address":';

/** Answers every request with what it got. Its own parser takes anything, so nothing is hidden by being refused. */
export class EchoUpstream {
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static start(): Promise<EchoUpstream> {
    const server = createServer((socket) => {
      let bytes = '';
      socket.setEncoding('latin1');
      socket.on('error', () => socket.destroy());
      socket.on('data', (chunk: string) => {
        bytes += chunk;
        const message = parseMessage(bytes);
        if (message?.isComplete !== true) return;
        bytes = '';
        const [method = '', target = ''] = message.startLine.split(' ');
        const received: Received = {
          address: socket.localAddress ?? '',
          method,
          target,
          headers: message.headers,
          body: message.body,
        };
        const body = Buffer.from(JSON.stringify(received));
        const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-upstream: echo\r\ncontent-length: ${body.length}\r\n\r\n`;
        socket.write(
          method === 'HEAD'
            ? head.replace('x-upstream: echo', `x-upstream: echo\r\nx-echo: ${body.toString('base64')}`)
            : Buffer.concat([Buffer.from(head), body]),
        );
      });
    });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      // Every loopback address at once: a cluster each.
      server.listen(0, '0.0.0.0', () => resolve(new EchoUpstream(server, (server.address() as AddressInfo).port)));
    });
  }

  stop(): void {
    this.#server.close();
  }
}
