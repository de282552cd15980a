import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, parseDocument } from 'yaml';
import { MAX_ALIASED_NODES, MAX_NESTING, MAX_NODES, MAX_OPEN_BRACKETS } from '../limits.ts';
import { indentationProblem } from './indentation.ts';
import { resolvePlainScalar } from './plain-scalar.ts';
import type { PositionTree, YamlProblem } from './positions.ts';

export type FullYaml = { value: unknown; positions: PositionTree } | { problem: YamlProblem };

/** Reads any YAML document with the `yaml` library, under Foresail's bounds. Total: every failure is a problem. */
export function readFullYaml(text: string, start: number, end: number): FullYaml {
  const source = text.slice(start, end);
  const bracket = tooManyBrackets(source);
  if (bracket !== -1)
    return { problem: { reason: `brackets nest deeper than ${MAX_OPEN_BRACKETS}`, offset: start + bracket } };
  // A hostile text makes the library create an error for every character; their stacks would be nearly all the work.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    // `uniqueKeys` of the library is quadratic; duplicates are found below. The failsafe schema leaves the
    // meaning of plain scalars to resolvePlainScalar.
    const document = parseDocument(source, {
      schema: 'failsafe',
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'silent',
    });
    const error = document.errors[0];
    if (error) {
      const [offset] = error.pos;
      return { problem: { reason: indentationProblem(source, offset) ?? error.message, offset: start + offset } };
    }
    return new NodeReader(start).read(document.contents);
  } catch (error) {
    if (error instanceof Unreadable) return { problem: { reason: error.message, offset: error.offset } };
    // Deep recursion in the library ends as a RangeError.
    return { problem: { reason: error instanceof RangeError ? 'nested too deeply' : String(error), offset: start } };
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

const TOO_MANY_NODES = `the document has more than ${MAX_NODES} nodes`;

class Unreadable extends Error {
  readonly offset: number;

  constructor(reason: string, offset: number) {
    super(reason);
    this.offset = offset;
  }
}

interface Anchored {
  readonly value: unknown;
  readonly positions: PositionTree;
  readonly size: number;
}

class NodeReader {
  readonly #base: number;
  readonly #anchors = new Map<string, Anchored>();
  #aliasedNodes = 0;
  #nodes = 0;

  constructor(base: number) {
    this.#base = base;
  }

  read(node: Node | null): FullYaml {
    const positions: PositionTree = { offset: this.#offsetOf(node) };
    const { value } = this.#readNode(node, positions, 0);
    return { value, positions };
  }

  #offsetOf(node: unknown): number {
    const range = (node as Node | null)?.range;
    return this.#base + (range?.[0] ?? 0);
  }

  /** `size` counts nodes with aliases expanded: what a later pass over the value would visit. */
  #readNode(node: unknown, positions: PositionTree, depth: number): { value: unknown; size: number } {
    if (depth > MAX_NESTING) throw new Unreadable(`nested deeper than ${MAX_NESTING} levels`, this.#offsetOf(node));
    if (++this.#nodes > MAX_NODES) throw new Unreadable(TOO_MANY_NODES, this.#offsetOf(node));
    if (node === null || node === undefined) return { value: null, size: 1 };
    if (isAlias(node)) return this.#readAlias(node.source, positions, this.#offsetOf(node));
    let read: { value: unknown; size: number };
    if (isMap(node)) read = this.#readMap(node.items, positions, depth);
    else if (isSeq(node)) read = this.#readSequence(node.items, positions, depth);
    else read = { value: isScalar(node) ? scalarValue(node) : null, size: 1 };
    const anchor = (node as Node & { anchor?: string }).anchor;
    if (anchor !== undefined) this.#anchors.set(anchor, { ...read, positions });
    return read;
  }

  #readAlias(name: string, positions: PositionTree, offset: number): { value: unknown; size: number } {
    const target = this.#anchors.get(name);
    if (target === undefined) throw new Unreadable(`the alias *${name} has no anchor before it`, offset);
    this.#aliasedNodes += target.size;
    if (this.#aliasedNodes > MAX_ALIASED_NODES) throw new Unreadable('aliases expand to too many nodes', offset);
    if (target.positions.children) positions.children = target.positions.children;
    return { value: target.value, size: target.size };
  }

  #readSequence(items: readonly unknown[], positions: PositionTree, depth: number): { value: unknown; size: number } {
    let size = 1;
    const value = items.map((item, index) => {
      const read = this.#readNode(item, addChild(positions, index, this.#offsetOf(item)), depth + 1);
      size += read.size;
      return read.value;
    });
    return { value, size };
  }

  #readMap(pairs: readonly Pair[], positions: PositionTree, depth: number): { value: unknown; size: number } {
    const value: Record<string, unknown> = {};
    const merged: { source: unknown; positions: PositionTree; offset: number }[] = [];
    let size = 1;
    for (const pair of pairs) {
      const offset = this.#offsetOf(pair.key);
      const key = this.#keyOf(pair.key, offset);
      if (key === '<<' && isScalar(pair.key) && pair.key.type === 'PLAIN') {
        const source: PositionTree = { offset };
        const read = this.#readNode(pair.value, source, depth + 1);
        size += read.size;
        merged.push({ source: read.value, positions: source, offset });
        continue;
      }
      if (Object.hasOwn(value, key))
        throw new Unreadable(`the key ${JSON.stringify(key)} stands twice in one mapping`, offset);
      const read = this.#readNode(pair.value, addChild(positions, key, offset), depth + 1);
      size += read.size;
      value[key] = read.value;
    }
    for (const merge of merged) mergeInto(value, merge.source, positions, merge.positions, merge.offset);
    return { value, size };
  }

  #keyOf(node: unknown, offset: number): string {
    if (!isScalar(node)) throw new Unreadable('a mapping key must be a string', offset);
    const key = node.source ?? String(node.value ?? '');
    if (key === '' && node.type === 'PLAIN') throw new Unreadable('a mapping key is empty', offset);
    // It would change an object's prototype instead of being a key; no Kubernetes field has this name.
    if (key === '__proto__') throw new Unreadable('the key "__proto__" is not allowed', offset);
    return key;
  }
}

function scalarValue(node: { type?: string; source?: string; value: unknown; tag?: string }): unknown {
  const text = node.source ?? (typeof node.value === 'string' ? node.value : '');
  const isPlain = node.type === 'PLAIN' || node.type === undefined;
  if (node.tag === undefined) return isPlain ? resolvePlainScalar(text) : String(node.value);
  if (/:(int|float|bool|null)$/.test(node.tag)) return resolvePlainScalar(text);
  return String(node.value ?? '');
}

function addChild(positions: PositionTree, key: string | number, offset: number): PositionTree {
  const child: PositionTree = { offset };
  positions.children ??= new Map();
  positions.children.set(key, child);
  return child;
}

/** `<<`: keys that the mapping has itself win; of several sources, the first. */
function mergeInto(
  value: Record<string, unknown>,
  source: unknown,
  positions: PositionTree,
  sourcePositions: PositionTree,
  offset: number,
): void {
  if (Array.isArray(source)) {
    source.forEach((part, index) => {
      mergeInto(value, part, positions, sourcePositions.children?.get(index) ?? sourcePositions, offset);
    });
    return;
  }
  if (typeof source !== 'object' || source === null)
    throw new Unreadable('<< needs a mapping or a list of mappings', offset);
  for (const [key, part] of Object.entries(source)) {
    if (Object.hasOwn(value, key)) continue;
    value[key] = part;
    const position = sourcePositions.children?.get(key) ?? { offset };
    positions.children ??= new Map();
    positions.children.set(key, position);
  }
}

/** Offset where more brackets are open than any manifest has; quotes are not looked at, hence the wide margin. */
function tooManyBrackets(source: string): number {
  let open = 0;
  for (let at = 0; at < source.length; at++) {
    const code = source.charCodeAt(at);
    if (code === 91 || code === 123) open++;
    else if (code === 93 || code === 125) open--;
    if (open > MAX_OPEN_BRACKETS) return at;
  }
  return -1;
}
