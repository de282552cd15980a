import type { ConfigOrigin } from '../engine/values.ts';
import { sha256Hex } from './hash.ts';
import { internedJson } from './origins.ts';
import type { SourceTable } from './sources.ts';

interface KnownText {
  readonly text: string;
  /** Those with a place in a file. */
  readonly origins: readonly ConfigOrigin[];
}

interface KnownPiece {
  readonly parts: readonly string[];
  readonly hash: string;
  readonly text: string;
}

/**
 * What was written before. Configuration objects are never changed, so the text of one that is in the next snapshot too is
 * the same; and a piece of the same texts is the same piece.
 */
export class EncodeMemory {
  readonly #texts = new WeakMap<object, KnownText>();
  #pieces = new Map<number, KnownPiece>();

  /** As `internedJson`. */
  textOf(value: object, sources: SourceTable): string {
    let known = this.#texts.get(value);
    if (known === undefined) {
      const origins: ConfigOrigin[] = [];
      const add = (origin: ConfigOrigin): void => {
        if (origin.file !== undefined) origins.push(origin);
      };
      known = { text: internedJson(value, { add }), origins };
      this.#texts.set(value, known);
    }
    for (const origin of known.origins) sources.add(origin);
    return known.text;
  }

  /** The piece at an index, of the text that `join` makes of its parts. */
  async pieceOf(index: number, parts: readonly string[], join: () => string): Promise<KnownPiece> {
    const before = this.#pieces.get(index);
    // Texts that are kept are the same strings, so that comparing them costs nothing.
    if (before?.parts.length === parts.length && parts.every((part, i) => part === before.parts[i])) return before;
    const text = join();
    const piece = { parts, text, hash: await sha256Hex(text) };
    this.#pieces.set(index, piece);
    return piece;
  }

  /** Pieces from here on are not of this layout. */
  forgetFrom(count: number): void {
    this.#pieces = new Map([...this.#pieces].filter(([index]) => index < count));
  }
}
