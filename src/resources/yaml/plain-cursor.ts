import { MAX_NODES } from '../limits.ts';
import type { PositionTree } from './positions.ts';

export const NEWLINE = 10;
export const RETURN = 13;
export const TAB = 9;
export const SPACE = 32;
export const QUOTE = 34;
export const HASH = 35;
export const APOSTROPHE = 39;
export const COMMA = 44;
export const DASH = 45;
export const COLON = 58;
export const OPEN_BRACKET = 91;
export const CLOSE_BRACKET = 93;
export const OPEN_BRACE = 123;
export const CLOSE_BRACE = 125;
export const PIPE = 124;

/** Characters that make the start of a scalar something else than plain text: left to the full parser. */
export const INDICATORS = new Set([...'?,[]{}#&*!|>\'"%@`'].map((character) => character.charCodeAt(0)));

/** Thrown, without a stack, at the first thing outside the subset. */
export const NOT_PLAIN = Symbol('not plain YAML');
/** Thrown where the full parser would refuse too, only later. */
export const TOO_MANY_NODES = Symbol('too many nodes');

/** A place in the text of one document, and the scalars that read the same in blocks and flow collections. */
export class PlainCursor {
  readonly text: string;
  readonly end: number;
  readonly recordPositions: boolean;
  at: number;
  lineStart: number;
  nodes = 0;

  constructor(text: string, start: number, end: number, recordPositions: boolean) {
    this.text = text;
    this.at = start;
    this.end = end;
    this.lineStart = start;
    this.recordPositions = recordPositions;
  }

  code(at: number): number {
    return at < this.end ? this.text.charCodeAt(at) : NEWLINE;
  }

  /** Whether the token at `at` ends there: blank or end of line follows. */
  endsAt(at: number): boolean {
    const code = this.code(at);
    return code === SPACE || code === NEWLINE || code === RETURN;
  }

  child(positions: PositionTree, key: string | number, offset: number): PositionTree {
    if (++this.nodes > MAX_NODES) throw TOO_MANY_NODES;
    const child: PositionTree = { offset };
    if (this.recordPositions) {
      positions.children ??= new Map();
      positions.children.set(key, child);
    }
    return child;
  }

  nextLineStart(at: number): number {
    const newline = this.text.indexOf('\n', at);
    return newline === -1 || newline >= this.end ? this.end : newline + 1;
  }

  /** Offset of the closing quote of the one-line string that starts at `at`. */
  quotedEnd(at: number): number {
    const quote = this.code(at);
    for (let end = at + 1; ; end++) {
      const code = this.code(end);
      if (code === NEWLINE || code === TAB) throw NOT_PLAIN;
      if (quote === QUOTE && code === 92) end++;
      else if (code === quote) {
        if (quote === QUOTE || this.code(end + 1) !== APOSTROPHE) return end;
        end++;
      }
    }
  }

  readQuoted(): string {
    const end = this.quotedEnd(this.at);
    const quoted = this.text.slice(this.at, end + 1);
    const isDouble = this.code(this.at) === QUOTE;
    this.at = end + 1;
    if (!isDouble) return quoted.slice(1, -1).replaceAll("''", "'");
    if (!quoted.includes('\\')) return quoted.slice(1, -1);
    try {
      return JSON.parse(quoted) as string;
    } catch {
      throw NOT_PLAIN;
    }
  }
}
