import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import {
  type DnsQuery,
  encodeAnswer,
  encodeFailure,
  MAX_UDP_BYTES,
  parseQuery,
  SERVER_FAILURE,
  TYPE_A,
  TYPE_AAAA,
} from './dns-message.ts';
import type { NameLookup } from './name-lookup.ts';
import { framed, type UpstreamServers } from './upstream-servers.ts';

export interface DnsServerOptions {
  readonly port: number;
  /** The capture rules lead to loopback: 127.0.0.1 and ::1. */
  readonly addresses: readonly string[];
  readonly upstream: UpstreamServers;
}

const MAX_TCP_BYTES = 65_535;
const MAX_TCP_CLIENTS = 128;
const TCP_IDLE_MS = 10_000;
/** What waits for slow servers at a time; beyond it a query is dropped, and asked again by its client. */
const MAX_FORWARDED = 512;

/** Port 15053: answers for the hosts of the mesh, and hands everything else to the servers of resolv.conf. */
export class DnsServer {
  readonly #options: DnsServerOptions;
  readonly #udp: UdpSocket[] = [];
  readonly #tcp: Server[] = [];
  readonly #clients = new Set<Socket>();
  #lookup: NameLookup | undefined;
  #forwarded = 0;

  constructor(options: DnsServerOptions) {
    this.#options = options;
  }

  /** What the mesh knows from now on; before that everything is handed on. */
  set lookup(lookup: NameLookup) {
    this.#lookup = lookup;
  }

  /** An address that this machine does not have, ::1 where there is no IPv6, is left out; rejects when none is left. */
  async start(): Promise<void> {
    const { port, addresses } = this.#options;
    const failures: unknown[] = [];
    for (const address of addresses) {
      try {
        this.#udp.push(await this.#listenUdp(address, port));
        this.#tcp.push(await this.#listenTcp(address, port));
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length === addresses.length) throw failures[0];
  }

  stop(): void {
    for (const socket of this.#udp.splice(0)) socket.close();
    for (const server of this.#tcp.splice(0)) server.close();
    for (const client of this.#clients) client.destroy();
  }

  async #listenUdp(address: string, port: number): Promise<UdpSocket> {
    const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', ipv6Only: isIPv6(address) });
    socket.on('message', (message, { address: host, port: from }) => {
      void this.#answer(message, 'udp').then((answer) => {
        // A client that is gone already wants no answer.
        if (answer !== undefined && this.#udp.includes(socket)) socket.send(answer, from, host, () => {});
      });
    });
    socket.bind(port, address);
    await once(socket, 'listening');
    socket.on('error', () => {});
    return socket;
  }

  async #listenTcp(address: string, port: number): Promise<Server> {
    const server = createServer((socket) => this.#serve(socket));
    server.maxConnections = MAX_TCP_CLIENTS;
    server.listen({ host: address, port, ipv6Only: isIPv6(address) });
    await once(server, 'listening');
    return server;
  }

  #serve(socket: Socket): void {
    let received: Buffer = Buffer.alloc(0);
    this.#clients.add(socket);
    socket.setTimeout(TCP_IDLE_MS, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#clients.delete(socket));
    socket.on('data', (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0);
        void this.#answer(received.subarray(2, end), 'tcp').then((answer) => {
          if (answer === undefined) socket.destroy();
          else if (socket.writable) socket.write(framed(answer));
        });
        received = received.subarray(end);
      }
    });
  }

  /** Undefined: nothing that could be answered. */
  async #answer(message: Buffer, by: 'udp' | 'tcp'): Promise<Buffer | undefined> {
    const query = parseQuery(message);
    if (query !== undefined && (query.type === TYPE_A || query.type === TYPE_AAAA)) {
      const answer = this.#lookup?.find(query.name);
      if (answer !== undefined) return encodeAnswer(query, answer, by === 'udp' ? MAX_UDP_BYTES : MAX_TCP_BYTES);
    }
    return await this.#forward(message, query, by);
  }

  async #forward(message: Buffer, query: DnsQuery | undefined, by: 'udp' | 'tcp'): Promise<Buffer | undefined> {
    if (message.length < 12 || this.#forwarded >= MAX_FORWARDED) return undefined;
    this.#forwarded += 1;
    try {
      const answer = await this.#options.upstream.ask(message, by);
      return answer ?? (query === undefined ? undefined : encodeFailure(query, SERVER_FAILURE));
    } finally {
      this.#forwarded -= 1;
    }
  }
}
