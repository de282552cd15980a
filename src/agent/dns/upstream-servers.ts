import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';

export interface NameServer {
  readonly address: string;
  readonly port: number;
}

const TIMEOUT_MS = 2_000;

/** Asks the servers of resolv.conf in their order until one answers. Undefined: none does. */
export class UpstreamServers {
  readonly #servers: readonly NameServer[];
  readonly #timeoutMs: number;

  constructor(servers: readonly NameServer[], timeoutMs = TIMEOUT_MS) {
    this.#servers = servers;
    this.#timeoutMs = timeoutMs;
  }

  async ask(query: Buffer, by: 'udp' | 'tcp'): Promise<Buffer | undefined> {
    for (const server of this.#servers) {
      const answer = await (by === 'udp' ? this.#askByUdp(query, server) : this.#askByTcp(query, server));
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  /** With an id of our own and a port of its own, so that nobody can guess an answer (RFC 5452 §4.5). */
  #askByUdp(query: Buffer, { address, port }: NameServer): Promise<Buffer | undefined> {
    return new Promise((resolve) => {
      const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
      const id = randomInt(0x10000);
      let isDone = false;
      const done = (answer: Buffer | undefined): void => {
        if (isDone) return;
        isDone = true;
        clearTimeout(timer);
        socket.close();
        resolve(answer);
      };
      const timer = setTimeout(() => done(undefined), this.#timeoutMs);
      socket.on('error', () => done(undefined));
      socket.on('message', (answer) => {
        if (answer.length >= 12 && answer.readUInt16BE(0) === id) done(withId(answer, query.readUInt16BE(0)));
      });
      // Connected: only what comes from this server is heard.
      socket.connect(port, address, () => socket.send(withId(query, id)));
    });
  }

  #askByTcp(query: Buffer, { address, port }: NameServer): Promise<Buffer | undefined> {
    return new Promise((resolve) => {
      const socket = connect({ host: address, port, timeout: this.#timeoutMs });
      let received: Buffer = Buffer.alloc(0);
      const done = (answer: Buffer | undefined): void => {
        socket.destroy();
        resolve(answer);
      };
      socket.on('error', () => done(undefined));
      socket.on('timeout', () => done(undefined));
      socket.on('end', () => done(undefined));
      socket.on('data', (bytes: Buffer) => {
        received = Buffer.concat([received, bytes]);
        if (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
          done(received.subarray(2, 2 + received.readUInt16BE(0)));
        }
      });
      socket.write(framed(query));
    });
  }
}

/** RFC 1035 §4.2.2: a message over TCP has its length before it. */
export function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

function withId(message: Buffer, id: number): Buffer {
  const copy = Buffer.from(message);
  copy.writeUInt16BE(id, 0);
  return copy;
}
