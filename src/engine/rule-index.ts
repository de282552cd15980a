import { descend, type PrefixNode, PrefixTree } from './prefix-tree.ts';

/**
 * Finds the first of many ordered rules that matches a request without trying them all. Rules are split by the
 * dimension (path, method, a header …) whose values tell them apart best, again and again, until few are left;
 * a search looks only where the request's own values lead, and leaves out whatever is ordered behind a match
 * that it already has.
 */
export interface IndexedRule<R> {
  /** Lower wins. Unique within an index. */
  readonly order: number;
  /** By dimension: the rule can only match when the request's value there equals, or starts with, one of the keys. */
  readonly keys: ReadonlyMap<string, readonly IndexKey[]>;
  matches(request: R): boolean;
}

export type IndexKey = { readonly exact: string } | { readonly prefix: string };

/** Several values: a rule may match by any of them. */
export type DimensionValue = string | readonly string[] | null;

/** Below this, trying the rules costs less than finding out which to try. */
const LEAF_SIZE = 6;

interface Leaf<T> {
  readonly kind: 'leaf';
  readonly minOrder: number;
  readonly rules: readonly T[];
}

interface Branch<T> {
  readonly kind: 'branch';
  readonly minOrder: number;
  readonly dimension: string;
  readonly exact: ReadonlyMap<string, IndexNode<T>>;
  readonly prefixes: PrefixNode<IndexNode<T>> | undefined;
  /** Rules that say nothing about the dimension. */
  readonly rest: IndexNode<T> | undefined;
}

type IndexNode<T> = Leaf<T> | Branch<T>;

export class RuleIndex<R, T extends IndexedRule<R>> {
  readonly #root: IndexNode<T>;
  readonly #read: (request: R, dimension: string) => DimensionValue;

  /** `read` gives the request's value in a dimension; null when it has none, which only rules without keys survive. */
  constructor(rules: readonly T[], read: (request: R, dimension: string) => DimensionValue) {
    this.#root = build<R, T>([...rules].sort(byOrder), new Set());
    this.#read = read;
  }

  first(request: R): T | undefined {
    return this.#search(this.#root, request, undefined);
  }

  #search(node: IndexNode<T>, request: R, best: T | undefined): T | undefined {
    if (best !== undefined && node.minOrder >= best.order) return best;
    if (node.kind === 'leaf') {
      const { rules } = node;
      for (let i = 0; i < rules.length; i++) {
        const rule = rules[i] as T;
        if (best !== undefined && rule.order >= best.order) return best;
        if (rule.matches(request)) return rule;
      }
      return best;
    }
    let found = best;
    const value = this.#read(request, node.dimension);
    if (typeof value === 'string') found = this.#searchAt(node, value, request, found);
    else if (value !== null) for (const one of value) found = this.#searchAt(node, one, request, found);
    return node.rest === undefined ? found : this.#search(node.rest, request, found);
  }

  #searchAt(node: Branch<T>, value: string, request: R, best: T | undefined): T | undefined {
    let found = best;
    const exact = node.exact.get(value);
    if (exact !== undefined) found = this.#search(exact, request, found);
    let prefix = node.prefixes;
    let position = 0;
    while (prefix !== undefined) {
      if (prefix.value !== undefined) found = this.#search(prefix.value, request, found);
      prefix = descend(prefix, value, position);
      if (prefix !== undefined) position += prefix.label.length;
    }
    return found;
  }
}

interface Spread {
  /** Rules with keys in this dimension, and in how many places they end up. */
  rules: number;
  readonly places: Map<string, number>;
}

function build<R, T extends IndexedRule<R>>(rules: readonly T[], used: ReadonlySet<string>): IndexNode<T> {
  const dimension = rules.length > LEAF_SIZE ? bestDimension<R, T>(rules, used) : undefined;
  const minOrder = rules[0]?.order ?? Number.POSITIVE_INFINITY;
  if (dimension === undefined) return { kind: 'leaf', minOrder, rules };

  const exact = new Map<string, T[]>();
  const prefixes = new PrefixTree<T[]>();
  const rest: T[] = [];
  let hasPrefixes = false;
  for (const rule of rules) {
    const keys = rule.keys.get(dimension);
    if (keys === undefined) {
      rest.push(rule);
      continue;
    }
    for (const key of new Map(keys.map((key) => [placeOf(key), key])).values()) {
      if ('exact' in key) {
        const there = exact.get(key.exact);
        if (there === undefined) exact.set(key.exact, [rule]);
        else there.push(rule);
      } else {
        hasPrefixes = true;
        prefixes.set(key.prefix, [rule], (before) => {
          before.push(rule);
          return before;
        });
      }
    }
  }
  const below = new Set(used).add(dimension);
  const built = new Map<string, IndexNode<T>>();
  for (const [value, there] of exact) built.set(value, build<R, T>(there, below));
  return {
    kind: 'branch',
    minOrder,
    dimension,
    exact: built,
    prefixes: hasPrefixes ? buildPrefixes<R, T>(prefixes.root, below) : undefined,
    rest: rest.length === 0 ? undefined : build<R, T>(rest, below),
  };
}

function buildPrefixes<R, T extends IndexedRule<R>>(
  node: PrefixNode<T[]>,
  used: ReadonlySet<string>,
): PrefixNode<IndexNode<T>> {
  let children: Map<number, PrefixNode<IndexNode<T>>> | undefined;
  if (node.children !== undefined) {
    children = new Map();
    for (const [code, child] of node.children) children.set(code, buildPrefixes<R, T>(child, used));
  }
  return { label: node.label, value: node.value === undefined ? undefined : build<R, T>(node.value, used), children };
}

/** The dimension that leaves the fewest rules to try: those without keys there, plus an average place. */
function bestDimension<R, T extends IndexedRule<R>>(
  rules: readonly T[],
  used: ReadonlySet<string>,
): string | undefined {
  const spreads = new Map<string, Spread>();
  for (const rule of rules) {
    for (const [dimension, keys] of rule.keys) {
      if (used.has(dimension)) continue;
      let spread = spreads.get(dimension);
      if (spread === undefined) {
        spread = { rules: 0, places: new Map() };
        spreads.set(dimension, spread);
      }
      spread.rules++;
      for (const key of keys) {
        const place = placeOf(key);
        spread.places.set(place, (spread.places.get(place) ?? 0) + 1);
      }
    }
  }
  let best: string | undefined;
  let bestCost = rules.length * 0.9;
  for (const [dimension, { rules: covered, places }] of spreads) {
    let sumOfSquares = 0;
    let entries = 0;
    for (const count of places.values()) {
      sumOfSquares += count * count;
      entries += count;
    }
    const cost = rules.length - covered + sumOfSquares / Math.max(entries, 1);
    if (cost < bestCost) {
      best = dimension;
      bestCost = cost;
    }
  }
  return best;
}

function placeOf(key: IndexKey): string {
  return 'exact' in key ? `=${key.exact}` : `^${key.prefix}`;
}

function byOrder<R>(a: IndexedRule<R>, b: IndexedRule<R>): number {
  return a.order - b.order;
}
