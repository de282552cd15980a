import { MAX_NESTING } from '../limits.ts';
import {
  APOSTROPHE,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  HASH,
  INDICATORS,
  NEWLINE,
  NOT_PLAIN,
  OPEN_BRACE,
  OPEN_BRACKET,
  PlainCursor,
  QUOTE,
  RETURN,
  SPACE,
  TAB,
} from './plain-cursor.ts';
import { resolvePlainScalar } from './plain-scalar.ts';
import type { PositionTree } from './positions.ts';

/** Flow collections, and so JSON: `[a, {b: c}]`. */
export class PlainFlowReader extends PlainCursor {
  readFlow(parentIndent: number, positions: PositionTree, depth: number): unknown {
    if (depth > MAX_NESTING) throw NOT_PLAIN;
    const isSequence = this.code(this.at) === OPEN_BRACKET;
    const close = isSequence ? CLOSE_BRACKET : CLOSE_BRACE;
    const items: unknown[] = [];
    const mapping: Record<string, unknown> = {};
    this.at++;
    for (;;) {
      this.skipFlowBlanks(parentIndent);
      if (this.code(this.at) === close) break;
      if (isSequence) {
        const child = this.child(positions, items.length, this.at);
        items.push(this.readFlowValue(parentIndent, child, depth + 1));
      } else this.readFlowPair(mapping, parentIndent, positions, depth);
      this.skipFlowBlanks(parentIndent);
      const code = this.code(this.at);
      if (code === COMMA) this.at++;
      else if (code !== close) throw NOT_PLAIN;
    }
    this.at++;
    return isSequence ? items : mapping;
  }

  readFlowPair(mapping: Record<string, unknown>, parentIndent: number, positions: PositionTree, depth: number): void {
    const keyStart = this.at;
    const first = this.code(keyStart);
    const isQuoted = first === QUOTE || first === APOSTROPHE;
    const key = isQuoted ? this.readQuoted() : this.readFlowPlain();
    if (isQuoted) while (this.code(this.at) === SPACE) this.at++;
    if (this.code(this.at) !== COLON || key === '' || key === '<<' || key === '__proto__') throw NOT_PLAIN;
    if (Object.hasOwn(mapping, key)) throw NOT_PLAIN;
    this.at++;
    if (!isQuoted && !this.endsAt(this.at)) throw NOT_PLAIN;
    this.skipFlowBlanks(parentIndent);
    mapping[key] = this.readFlowValue(parentIndent, this.child(positions, key, keyStart), depth + 1);
  }

  readFlowValue(parentIndent: number, positions: PositionTree, depth: number): unknown {
    const code = this.code(this.at);
    if (code === OPEN_BRACKET || code === OPEN_BRACE) return this.readFlow(parentIndent, positions, depth);
    if (code === QUOTE || code === APOSTROPHE) {
      const text = this.readQuoted();
      return text;
    }
    const text = this.readFlowPlain();
    if (text === '' || this.code(this.at) === COLON) throw NOT_PLAIN;
    return resolvePlainScalar(text);
  }

  /** Plain text inside a flow collection; stops at an indicator or the end of the line. */
  readFlowPlain(): string {
    const first = this.code(this.at);
    if (INDICATORS.has(first) || first === COLON) throw NOT_PLAIN;
    let at = this.at;
    for (; ; at++) {
      const code = this.code(at);
      if (code === NEWLINE || code === RETURN || code === COMMA) break;
      if (code === CLOSE_BRACKET || code === CLOSE_BRACE) break;
      if (code === OPEN_BRACKET || code === OPEN_BRACE || code === TAB) throw NOT_PLAIN;
      if (code === HASH && this.code(at - 1) === SPACE) break;
      if (code !== COLON) continue;
      const next = this.code(at + 1);
      if (next === COMMA || next === CLOSE_BRACKET || next === CLOSE_BRACE) throw NOT_PLAIN;
      if (next === OPEN_BRACKET || next === OPEN_BRACE) throw NOT_PLAIN;
      if (this.endsAt(at + 1)) break;
    }
    const text = this.text.slice(this.at, at).trimEnd();
    if (text === '-' || text.startsWith('- ') || text.startsWith('---') || text.startsWith('...')) throw NOT_PLAIN;
    this.at = at;
    return text;
  }

  skipFlowBlanks(parentIndent: number): void {
    let at = this.at;
    let lineStart = -1;
    for (; ; at++) {
      if (at >= this.end) throw NOT_PLAIN;
      const code = this.code(at);
      if (code === NEWLINE) lineStart = at + 1;
      else if (code === HASH && (at === lineStart || this.code(at - 1) === SPACE)) {
        const next = this.nextLineStart(at);
        if (next === this.end) throw NOT_PLAIN;
        // The loop goes on at the line's end.
        at = next - 2;
      } else if (code === RETURN) {
        // Of indentation behind CRLF the library has a judgement of its own.
        throw NOT_PLAIN;
      } else if (code !== SPACE && code !== TAB) break;
    }
    // Lines of a flow collection are deeper than the block that holds it, except where it only closes.
    const isClosing = this.code(at) === CLOSE_BRACKET || this.code(at) === CLOSE_BRACE;
    if (lineStart !== -1 && at - lineStart <= parentIndent && !isClosing) throw NOT_PLAIN;
    if (lineStart !== -1) this.lineStart = lineStart;
    this.at = at;
  }
}
