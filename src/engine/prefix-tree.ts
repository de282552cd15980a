/** A radix tree over string prefixes: all stored prefixes of a value are found in one walk along it. */
export class PrefixTree<V> {
  readonly #root: PrefixNode<V> = { label: '', value: undefined, children: undefined };

  get root(): PrefixNode<V> {
    return this.#root;
  }

  /** Stores `value` under `prefix`; `merge` decides when there is one already. */
  set(prefix: string, value: V, merge: (before: V) => V): void {
    let node = this.#root;
    let rest = prefix;
    while (rest !== '') {
      node.children ??= new Map();
      const code = rest.charCodeAt(0);
      const child = node.children.get(code);
      if (child === undefined) {
        const leaf: PrefixNode<V> = { label: rest, value: undefined, children: undefined };
        node.children.set(code, leaf);
        node = leaf;
        break;
      }
      const shared = sharedLength(child.label, rest);
      if (shared < child.label.length) {
        const middle: PrefixNode<V> = {
          label: child.label.slice(0, shared),
          value: undefined,
          children: new Map([[child.label.charCodeAt(shared), child]]),
        };
        child.label = child.label.slice(shared);
        node.children.set(code, middle);
        node = middle;
      } else {
        node = child;
      }
      rest = rest.slice(shared);
    }
    node.value = node.value === undefined ? value : merge(node.value);
  }

  /** Replaces every stored value. */
  mapValues(change: (value: V) => V): void {
    const visit = (node: PrefixNode<V>): void => {
      if (node.value !== undefined) node.value = change(node.value);
      if (node.children !== undefined) for (const child of node.children.values()) visit(child);
    };
    visit(this.#root);
  }
}

export interface PrefixNode<V> {
  label: string;
  value: V | undefined;
  children: Map<number, PrefixNode<V>> | undefined;
}

/** The child of `node` whose label stands in `text` at `position`; undefined when no longer prefix is stored. */
export function descend<V>(node: PrefixNode<V>, text: string, position: number): PrefixNode<V> | undefined {
  if (node.children === undefined || position >= text.length) return undefined;
  const child = node.children.get(text.charCodeAt(position));
  return child !== undefined && text.startsWith(child.label, position) ? child : undefined;
}

function sharedLength(a: string, b: string): number {
  const limit = Math.min(a.length, b.length);
  let length = 0;
  while (length < limit && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return length;
}
