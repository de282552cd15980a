import type { FieldPath } from '../resource.ts';

/** Why a document could not be read, and where. */
export interface YamlProblem {
  readonly reason: string;
  readonly offset: number;
}

/** Where the parts of a document stand: a tree beside the values, made only when a position is asked for. */
export interface PositionTree {
  /** Offset of the key in a mapping, of the item in a sequence. */
  readonly offset: number;
  children?: Map<string | number, PositionTree>;
}

/** Offset of the deepest part of `path` that is in the text. */
export function locatePath(tree: PositionTree, path: FieldPath): number {
  let node = tree;
  for (const part of path) {
    const child = node.children?.get(part);
    if (child === undefined) break;
    node = child;
  }
  return node.offset;
}

/** Line and column (1-based) of offsets in one text; the line table is made on first use. */
export class LineTable {
  readonly #text: string;
  #starts: number[] | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  position(offset: number): { line: number; column: number } {
    this.#starts ??= lineStarts(this.#text);
    const starts = this.#starts;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
