/** Values by name, kept as long as somebody else keeps them. */
export class WeakValues<V extends object> {
  readonly #references = new Map<string, WeakRef<V>>();
  /** Above this many the names of those that are gone are looked for. */
  #sweepAbove = MIN_SWEPT;

  get(key: string): V | undefined {
    return this.#references.get(key)?.deref();
  }

  set(key: string, value: V): void {
    this.#references.set(key, new WeakRef(value));
    if (this.#references.size <= this.#sweepAbove) return;
    for (const [name, reference] of this.#references) {
      if (reference.deref() === undefined) this.#references.delete(name);
    }
    this.#sweepAbove = Math.max(MIN_SWEPT, 2 * this.#references.size);
  }
}

const MIN_SWEPT = 10_000;
