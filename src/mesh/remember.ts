/**
 * Results of pure functions, kept by the identity of what they were computed from. Resources and what passes make of them are
 * never changed, so the same inputs are the same result; what is not used any more is forgotten with its key.
 */
export class Remembered<K extends object, V> {
  readonly #kept = new WeakMap<K, { readonly inputs: readonly unknown[]; readonly value: V }>();

  /** The result of the last call for this key, where it was made with the same inputs. */
  get(key: K, inputs: readonly unknown[], compute: (before: V | undefined) => V): V {
    const before = this.#kept.get(key);
    if (before !== undefined && isSameList(before.inputs, inputs)) return before.value;
    const value = compute(before?.value);
    this.#kept.set(key, { inputs, value });
    return value;
  }
}

/** Whether both hold the same objects in the same order. */
export function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
