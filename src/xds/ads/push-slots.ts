export interface PushSlotsOptions {
  /** How many clients are sent something at a time. */
  readonly limit: number;
  /** A client that has not answered by then goes on being sent to, but others are no longer held up by it. */
  readonly patienceMs: number;
}

/**
 * Lets some clients at a time have what is new; the others wait for their turn. What is on its way to all of them at
 * once would otherwise be in memory at once.
 */
export class PushSlots<Client> {
  readonly #options: PushSlotsOptions;
  readonly #waiting = new Map<Client, () => boolean>();
  readonly #busy = new Map<Client, NodeJS.Timeout>();
  #isGivingOut = false;

  constructor(options: PushSlotsOptions) {
    this.#options = options;
  }

  /** `start` says whether the client has something to answer now. A client that waits already keeps its place. */
  request(client: Client, start: () => boolean): void {
    this.#waiting.set(client, start);
    this.#next();
  }

  /** The client has answered everything, or is gone. */
  release(client: Client): void {
    clearTimeout(this.#busy.get(client));
    if (this.#busy.delete(client)) this.#next();
  }

  forget(client: Client): void {
    this.#waiting.delete(client);
    this.release(client);
  }

  #next(): void {
    // Who has nothing to answer gives its slot back at once, from inside of this loop.
    if (this.#isGivingOut) return;
    this.#isGivingOut = true;
    for (const [client, start] of this.#waiting) {
      if (this.#busy.size >= this.#options.limit) break;
      this.#waiting.delete(client);
      clearTimeout(this.#busy.get(client));
      this.#busy.set(
        client,
        setTimeout(() => this.release(client), this.#options.patienceMs),
      );
      if (!start()) this.release(client);
    }
    this.#isGivingOut = false;
  }
}
