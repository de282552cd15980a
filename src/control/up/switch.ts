import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { HostPort } from '../../xds/address.ts';

/**
 * An address that stays while what stands behind it changes: who has been told of it need not be told again.
 * Connections that are open stay where they are.
 */
export class Switch {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #target: HostPort;

  constructor(target: HostPort) {
    this.#target = target;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#relay(socket));
  }

  set target(target: HostPort) {
    this.#target = target;
  }

  /** Port 0: any that is free. Gives the URL. */
  async listen({ address, port }: HostPort): Promise<string> {
    this.#server.listen(port, address);
    await once(this.#server, 'listening');
    return `http://${address}:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await once(this.#server.close(), 'close');
  }

  #relay(socket: Socket): void {
    const { address: host, port } = this.#target;
    const upstream = connect({ host, port, allowHalfOpen: true });
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      this.#sockets.add(one);
      one.setNoDelay(true);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }
}
