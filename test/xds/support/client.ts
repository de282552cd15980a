import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import type { Credentials } from '../../support/workload-credentials.ts';
import type { Echoed } from './echo-app.ts';

export interface Call {
  readonly port: number;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
  /** Undefined: plaintext. Without a key: anonymous. */
  readonly tls?: Partial<Credentials> & Pick<ConnectionOptions, 'maxVersion'>;
  readonly servername?: string;
  /** What a sidecar of the mesh announces, unless told otherwise. */
  readonly alpn?: readonly string[];
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly echoed: Echoed | undefined;
  readonly headers: IncomingMessage['headers'];
}

/** The answer; `refused` when the connection was ended instead. */
export async function call(options: Call): Promise<Answer | 'refused'> {
  const { path = '/', method = 'GET', headers = {}, body } = options;
  let socket: Socket;
  try {
    socket = await open(options);
  } catch {
    return 'refused';
  }
  return await new Promise((resolve) => {
    const outgoing = httpRequest({
      createConnection: () => socket,
      method,
      path,
      headers: { host: 'app.test', connection: 'close', ...headers },
    });
    outgoing.on('error', () => resolve('refused'));
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', () => resolve('refused'));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const isEcho = response.headers['content-type'] === 'application/json';
        const echoed = isEcho ? (JSON.parse(text) as Echoed) : undefined;
        resolve({ status: response.statusCode ?? 0, body: text, echoed, headers: response.headers });
      });
    });
    outgoing.end(body);
  });
}

export async function statusOf(options: Call): Promise<number | 'refused'> {
  const answer = await call(options);
  return answer === 'refused' ? answer : answer.status;
}

/** What comes back until it is as long as what was sent, or the other side ends. */
export async function talk(options: Call, text: string): Promise<string> {
  let socket: Socket;
  try {
    socket = await open(options);
  } catch {
    return 'refused';
  }
  return await new Promise((resolve) => {
    let received = '';
    const done = (): void => {
      socket.destroy();
      resolve(received === '' ? 'refused' : received);
    };
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('utf8');
      if (received.length >= text.length) done();
    });
    socket.on('error', done);
    socket.on('close', done);
    socket.write(text);
  });
}

const MESH_ALPN = ['istio-http/1.1', 'istio', 'http/1.1'];
const ATTEMPTS = 400;

/** A listener's socket opens a moment after Envoy has taken the listener: only that is waited for. */
async function open(options: Call): Promise<Socket> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await connected(options);
    } catch (error) {
      if (attempt >= ATTEMPTS || (error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

function connected({ port, tls, alpn = MESH_ALPN, servername }: Call): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket: Socket | TLSSocket =
      tls === undefined
        ? connectTcp({ port, host: '127.0.0.1' }, () => resolve(socket))
        : connectTls(
            {
              port,
              host: '127.0.0.1',
              ALPNProtocols: [...alpn],
              checkServerIdentity: () => undefined,
              // TLS 1.3 tells a client only afterwards that its certificate was refused.
              maxVersion: 'TLSv1.2',
              ...(servername === undefined ? {} : { servername }),
              ...tls,
            },
            () => resolve(socket),
          );
    socket.once('error', reject);
  });
}
