import { once } from 'node:events';
import { createServer } from 'node:net';

/** 127.64.0.0/10: nothing else of a machine is there. Each run takes a /24 by chance, so that several do not meet. */
const FIRST_OCTET = 127;
const MAX_ADDRESSES = 250;

/** Addresses of this machine's own, one for each pod. */
export class LoopbackAddresses {
  readonly #prefix: string;
  readonly #known = new Map<string, string>();

  constructor(random: () => number = Math.random) {
    const [second, third] = [64 + Math.floor(random() * 64), Math.floor(random() * 256)];
    this.#prefix = `${FIRST_OCTET}.${second}.${third}`;
  }

  /** The same for the same name; those that are used up begin anew. */
  readonly of = (name: string): string => {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const address = `${this.#prefix}.${1 + (this.#known.size % MAX_ADDRESSES)}`;
    this.#known.set(name, address);
    return address;
  };
}

/** Linux has all of 127.0.0.0/8; other systems only what has been added. Undefined: all is well. */
export async function whyNoLoopbackAddresses(addresses: LoopbackAddresses): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen(0, addresses.of('probe'));
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return `this machine's loopback has no address ${addresses.of('probe')} (${code}), and each sidecar needs one`;
  } finally {
    if (server.listening) server.close();
  }
}
