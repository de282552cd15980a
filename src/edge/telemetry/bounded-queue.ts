/** Keeps the first `limit` of what comes; what is too much is counted and gone. */
export class BoundedQueue<T> {
  readonly #limit: number;
  #items: T[] = [];
  dropped = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#items.length;
  }

  add(item: T): void {
    if (this.#items.length < this.#limit) this.#items.push(item);
    else this.dropped++;
  }

  take(): readonly T[] {
    const items = this.#items;
    this.#items = [];
    return items;
  }

  lose(count: number): void {
    this.dropped += count;
  }
}
