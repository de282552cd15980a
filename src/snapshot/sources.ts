import type { ConfigOrigin } from '../engine/values.ts';
import type { SourceEntry, SourcesEdit } from './format.ts';

/** An origin out of a snapshot: file and line are known only to the sources piece. */
export interface SnapshotOrigin extends ConfigOrigin {
  /** Lines between the object's first line and the field's. */
  readonly lineOffset?: number;
}

/** Edits in a root are few and small; beyond this the sources piece is written anew. */
const MAX_EDITS_BYTES = 4 * 1024;

interface Place {
  readonly file: string;
  readonly objectLine: number | undefined;
}

/** Where objects are: object → file and first line. */
export class SourceTable {
  readonly #places = new Map<string, Place & { readonly object: readonly [string, string, string] }>();

  add(origin: ConfigOrigin): void {
    if (origin.file === undefined) return;
    const object = [origin.kind, origin.namespace, origin.name] as const;
    const id = object.join('/');
    if (!this.#places.has(id)) {
      this.#places.set(id, { object, file: origin.file, objectLine: origin.objectLine });
    }
  }

  /** By file, then line. */
  entries(): SourceEntry[] {
    const sorted = [...this.#places.entries()].sort(
      ([idA, a], [idB, b]) => compare(a.file, b.file) || (a.objectLine ?? 0) - (b.objectLine ?? 0) || compare(idA, idB),
    );
    let file = '';
    let line = 0;
    return sorted.map(([, place]) => {
      if (place.file !== file) line = 0;
      file = place.file;
      const gap = (place.objectLine ?? 0) - line;
      line = place.objectLine ?? 0;
      return [place.file, ...place.object, gap];
    });
  }

  static from(entries: readonly SourceEntry[]): SourceTable {
    const table = new SourceTable();
    let file = '';
    let line = 0;
    for (const [entryFile, kind, namespace, name, gap] of entries) {
      line = entryFile === file ? line + gap : gap;
      file = entryFile;
      table.add({ kind, namespace, name, file, ...(line === 0 ? {} : { objectLine: line }) });
    }
    return table;
  }

  /** The origin with file and line, as far as they are known. */
  locate(origin: SnapshotOrigin): ConfigOrigin {
    const { lineOffset, ...rest } = origin;
    const place = this.#places.get(`${origin.kind}/${origin.namespace}/${origin.name}`);
    if (place === undefined) return rest;
    const { file, objectLine } = place;
    return {
      ...rest,
      file,
      ...(lineOffset === undefined ? {} : { line: (objectLine ?? 1) + lineOffset }),
      ...(objectLine === undefined ? {} : { objectLine }),
    };
  }
}

export function applyEdits(base: readonly SourceEntry[], edits: readonly SourcesEdit[]): SourceEntry[] {
  let entries = [...base];
  for (const { at, remove, insert } of edits) {
    entries = [...entries.slice(0, at), ...insert, ...entries.slice(at + remove)];
  }
  return entries;
}

/** The edits that also lead to `after`; undefined when they would be too many and a new piece is better. */
export function extendEdits(
  edits: readonly SourcesEdit[],
  before: readonly SourceEntry[],
  after: readonly SourceEntry[],
): readonly SourcesEdit[] | undefined {
  let start = 0;
  while (start < before.length && start < after.length && isSameEntry(before[start], after[start])) start++;
  let endBefore = before.length;
  let endAfter = after.length;
  while (endBefore > start && endAfter > start && isSameEntry(before[endBefore - 1], after[endAfter - 1])) {
    endBefore--;
    endAfter--;
  }
  if (endBefore === start && endAfter === start) return edits;
  const extended = [...edits, { at: start, remove: endBefore - start, insert: after.slice(start, endAfter) }];
  return JSON.stringify(extended).length > MAX_EDITS_BYTES ? undefined : extended;
}

function isSameEntry(a: SourceEntry | undefined, b: SourceEntry | undefined): boolean {
  return a !== undefined && b !== undefined && a.every((part, i) => part === b[i]);
}

/** By code unit: the same order on every machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
