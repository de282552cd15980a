import { MAX_NESTING, MAX_NODES } from '../limits.ts';
import { resolvePlainScalar } from './plain-scalar.ts';
import type { PositionTree, YamlProblem } from './positions.ts';

const NEWLINE = 10;
const RETURN = 13;
const TAB = 9;
const SPACE = 32;
const QUOTE = 34;
const HASH = 35;
const APOSTROPHE = 39;
const COMMA = 44;
const DASH = 45;
const COLON = 58;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const PIPE = 124;

/** Characters that make the start of a scalar something else than plain text: left to the full parser. */
const INDICATORS = new Set([...'?,[]{}#&*!|>\'"%@`'].map((character) => character.charCodeAt(0)));

/** Thrown, without a stack, at the first thing outside the subset. */
const NOT_PLAIN = Symbol('not plain YAML');
/** Thrown where the full parser would refuse too, only later. */
const TOO_MANY_NODES = Symbol('too many nodes');

/**
 * Reads the YAML that nearly every Kubernetes manifest is made of: block mappings and sequences, one-line scalars,
 * literal blocks, flow collections, JSON. It is many times faster than a full parser; at the first sign of anything
 * else (anchors, tags, folded scalars, errors) it gives up, and `undefined` sends the document to the `yaml` library.
 * Invariant: what it does read, it reads as the library would (held by a differential test).
 */
export function readPlainYaml(
  text: string,
  start: number,
  end: number,
  recordPositions: boolean,
): { value: unknown; positions: PositionTree } | { problem: YamlProblem } | undefined {
  const reader = new PlainYamlReader(text, start, end, recordPositions);
  try {
    return reader.read();
  } catch (error) {
    if (error === NOT_PLAIN) return undefined;
    if (error === TOO_MANY_NODES) {
      return { problem: { reason: `the document has more than ${MAX_NODES} nodes`, offset: start } };
    }
    throw error;
  }
}

class PlainYamlReader {
  readonly #text: string;
  readonly #end: number;
  readonly #recordPositions: boolean;
  #at: number;
  /** Column of the first character of the current line; -1 at the end of the text. */
  #indent = -1;
  #lineStart: number;
  #nodes = 0;

  constructor(text: string, start: number, end: number, recordPositions: boolean) {
    this.#text = text;
    this.#at = start;
    this.#end = end;
    this.#lineStart = start;
    this.#recordPositions = recordPositions;
  }

  read(): { value: unknown; positions: PositionTree } {
    // The text starts after `---`; what stands on that line is left to the full parser.
    const firstIsLineStart = this.#at === 0 || this.#text.charCodeAt(this.#at - 1) !== DASH;
    if (firstIsLineStart) this.#readIndent();
    else this.#endLine();
    const positions: PositionTree = { offset: this.#at };
    const value = this.#indent === -1 ? null : this.#readNode(this.#indent, positions, 0);
    if (this.#indent !== -1) throw NOT_PLAIN;
    return { value, positions };
  }

  #code(at: number): number {
    return at < this.#end ? this.#text.charCodeAt(at) : NEWLINE;
  }

  /** Whether the token at `at` ends there: blank or end of line follows. */
  #endsAt(at: number): boolean {
    const code = this.#code(at);
    return code === SPACE || code === NEWLINE || code === RETURN;
  }

  #child(positions: PositionTree, key: string | number, offset: number): PositionTree {
    if (++this.#nodes > MAX_NODES) throw TOO_MANY_NODES;
    const child: PositionTree = { offset };
    if (this.#recordPositions) {
      positions.children ??= new Map();
      positions.children.set(key, child);
    }
    return child;
  }

  /** At a line's start: finds the next line with content. */
  #readIndent(): void {
    for (;;) {
      if (this.#at >= this.#end) {
        this.#indent = -1;
        return;
      }
      const lineStart = this.#at;
      let at = lineStart;
      while (this.#code(at) === SPACE && at < this.#end) at++;
      const code = this.#code(at);
      if (code === TAB) throw NOT_PLAIN;
      if (code === HASH) {
        this.#at = this.#nextLineStart(at);
        continue;
      }
      if (code === NEWLINE || (code === RETURN && this.#code(at + 1) === NEWLINE)) {
        this.#at = this.#nextLineStart(at);
        continue;
      }
      this.#lineStart = lineStart;
      this.#indent = at - lineStart;
      this.#at = at;
      return;
    }
  }

  #nextLineStart(at: number): number {
    const newline = this.#text.indexOf('\n', at);
    return newline === -1 || newline >= this.#end ? this.#end : newline + 1;
  }

  /** After a value: only blanks and a comment may follow on the line. */
  #endLine(): void {
    const from = this.#at;
    while (this.#code(this.#at) === SPACE && this.#at < this.#end) this.#at++;
    const code = this.#code(this.#at);
    if (code === HASH && this.#at > from) this.#at = this.#nextLineStart(this.#at);
    else if (code === NEWLINE || (code === RETURN && this.#code(this.#at + 1) === NEWLINE)) {
      this.#at = this.#nextLineStart(this.#at);
    } else throw NOT_PLAIN;
    this.#readIndent();
  }

  #atLineEnd(): boolean {
    let at = this.#at;
    while (this.#code(at) === SPACE && at < this.#end) at++;
    const code = this.#code(at);
    return code === NEWLINE || code === RETURN || (code === HASH && at > this.#at);
  }

  #isSequenceEntry(): boolean {
    return this.#code(this.#at) === DASH && this.#endsAt(this.#at + 1);
  }

  /** The node that starts on the current line, `column` characters from its start. */
  #readNode(column: number, positions: PositionTree, depth: number): unknown {
    if (depth > MAX_NESTING) throw NOT_PLAIN;
    if (this.#isSequenceEntry()) return this.#readSequence(column, positions, depth);
    if (this.#keyEnd() !== -1) return this.#readMapping(column, positions, depth);
    return this.#readInline(column - 1, positions, depth);
  }

  #readSequence(column: number, positions: PositionTree, depth: number): unknown[] {
    const items: unknown[] = [];
    do {
      const dash = this.#at;
      this.#at = dash + 1;
      if (this.#atLineEnd()) {
        this.#endLine();
        const child = this.#child(positions, items.length, this.#indent > column ? this.#at : dash);
        items.push(this.#indent > column ? this.#readNode(this.#indent, child, depth + 1) : null);
      } else {
        while (this.#code(this.#at) === SPACE) this.#at++;
        const child = this.#child(positions, items.length, this.#at);
        const itemColumn = this.#at - this.#lineStart;
        if (this.#isSequenceEntry() || this.#keyEnd() !== -1) items.push(this.#readNode(itemColumn, child, depth + 1));
        else items.push(this.#readInline(column, child, depth + 1));
      }
      if (this.#indent > column) throw NOT_PLAIN;
    } while (this.#indent === column && this.#isSequenceEntry());
    return items;
  }

  #readMapping(column: number, positions: PositionTree, depth: number): Record<string, unknown> {
    const mapping: Record<string, unknown> = {};
    do {
      const keyStart = this.#at;
      const keyEnd = this.#keyEnd();
      if (keyEnd === -1 || this.#isSequenceEntry()) throw NOT_PLAIN;
      const key = this.#readKey(keyEnd);
      // A duplicate is an error to report; `__proto__` would not be an own property.
      if (key === '__proto__' || key === '<<' || Object.hasOwn(mapping, key)) throw NOT_PLAIN;
      this.#at = keyEnd + 1;
      const child = this.#child(positions, key, keyStart);
      mapping[key] = this.#readMappingValue(column, child, depth + 1);
      if (this.#indent > column) throw NOT_PLAIN;
    } while (this.#indent === column);
    return mapping;
  }

  #readMappingValue(column: number, positions: PositionTree, depth: number): unknown {
    if (!this.#atLineEnd()) {
      while (this.#code(this.#at) === SPACE) this.#at++;
      return this.#readInline(column, positions, depth);
    }
    this.#endLine();
    if (this.#indent > column) return this.#readNode(this.#indent, positions, depth);
    // A sequence may stand at the column of its key.
    if (this.#indent === column && this.#isSequenceEntry()) return this.#readSequence(column, positions, depth);
    return null;
  }

  /** Offset of the `:` that ends a key starting here, or -1 where the line is no mapping entry. */
  #keyEnd(): number {
    const first = this.#code(this.#at);
    let at = this.#at;
    if (first === QUOTE || first === APOSTROPHE) {
      at = this.#quotedEnd(at) + 1;
      while (this.#code(at) === SPACE) at++;
      return this.#code(at) === COLON && this.#endsAt(at + 1) ? at : -1;
    }
    if (INDICATORS.has(first)) return -1;
    for (; ; at++) {
      const code = this.#code(at);
      if (code === NEWLINE || code === RETURN) return -1;
      if (code === TAB) throw NOT_PLAIN;
      if (code === COLON && this.#endsAt(at + 1)) return at;
      if (code === HASH && this.#code(at - 1) === SPACE) return -1;
    }
  }

  #readKey(keyEnd: number): string {
    const first = this.#code(this.#at);
    if (first === QUOTE || first === APOSTROPHE) return this.#readQuoted();
    const key = this.#text.slice(this.#at, keyEnd).trimEnd();
    if (key === '') throw NOT_PLAIN;
    return key;
  }

  /** A value on the rest of the line, inside a block at `parentIndent`. */
  #readInline(parentIndent: number, positions: PositionTree, depth: number): unknown {
    const code = this.#code(this.#at);
    let value: unknown;
    if (code === OPEN_BRACKET || code === OPEN_BRACE) value = this.#readFlow(parentIndent, positions, depth);
    else if (code === QUOTE || code === APOSTROPHE) value = this.#readQuoted();
    else if (code === PIPE) return this.#readLiteralBlock(parentIndent);
    else value = this.#readPlain();
    this.#endLine();
    // A deeper line after a value would continue it.
    if (this.#indent > parentIndent) throw NOT_PLAIN;
    return value;
  }

  #readPlain(): unknown {
    const first = this.#code(this.#at);
    if (INDICATORS.has(first) || ((first === DASH || first === COLON) && this.#endsAt(this.#at + 1))) throw NOT_PLAIN;
    let at = this.#at;
    for (; ; at++) {
      const code = this.#code(at);
      if (code === NEWLINE || code === RETURN) break;
      if (code === TAB || (code === COLON && this.#endsAt(at + 1))) throw NOT_PLAIN;
      if (code === HASH && this.#code(at - 1) === SPACE) break;
    }
    let stop = at;
    while (this.#text.charCodeAt(stop - 1) === SPACE) stop--;
    const text = this.#text.slice(this.#at, stop);
    this.#at = stop;
    return resolvePlainScalar(text);
  }

  /** Offset of the closing quote of the one-line string that starts at `at`. */
  #quotedEnd(at: number): number {
    const quote = this.#code(at);
    for (let end = at + 1; ; end++) {
      const code = this.#code(end);
      if (code === NEWLINE || code === TAB) throw NOT_PLAIN;
      if (quote === QUOTE && code === 92) end++;
      else if (code === quote) {
        if (quote === QUOTE || this.#code(end + 1) !== APOSTROPHE) return end;
        end++;
      }
    }
  }

  #readQuoted(): string {
    const end = this.#quotedEnd(this.#at);
    const quoted = this.#text.slice(this.#at, end + 1);
    const isDouble = this.#code(this.#at) === QUOTE;
    this.#at = end + 1;
    if (!isDouble) return quoted.slice(1, -1).replaceAll("''", "'");
    if (!quoted.includes('\\')) return quoted.slice(1, -1);
    try {
      return JSON.parse(quoted) as string;
    } catch {
      throw NOT_PLAIN;
    }
  }

  #readLiteralBlock(parentIndent: number): string {
    let header = this.#at + 1;
    const chomping = this.#text[header];
    if (chomping === '-' || chomping === '+') header++;
    this.#at = header;
    if (this.#code(header) !== NEWLINE) throw NOT_PLAIN;
    const lines: string[] = [];
    let blockIndent = -1;
    let at = this.#nextLineStart(header);
    while (at < this.#end) {
      let content = at;
      while (content < this.#end && this.#code(content) === SPACE) content++;
      const code = this.#code(content);
      const indent = content - at;
      const lineEnd = this.#nextLineStart(at);
      const isBlank = code === NEWLINE;
      if (code === RETURN || (code === TAB && indent <= Math.max(blockIndent, parentIndent))) throw NOT_PLAIN;
      if (!isBlank && blockIndent === -1) {
        if (indent <= parentIndent || lines.some((line) => line !== '')) throw NOT_PLAIN;
        blockIndent = indent;
      }
      if (!isBlank && indent < blockIndent) {
        if (indent > parentIndent) throw NOT_PLAIN;
        break;
      }
      if (blockIndent === -1 && indent > 0) throw NOT_PLAIN;
      const withoutBreak = this.#text.charCodeAt(lineEnd - 1) === NEWLINE ? lineEnd - 1 : lineEnd;
      const line = this.#text.slice(Math.min(at + Math.max(blockIndent, 0), withoutBreak), withoutBreak);
      if (line.includes('\r')) throw NOT_PLAIN;
      lines.push(line);
      at = lineEnd;
    }
    if (blockIndent === -1) throw NOT_PLAIN;
    this.#at = at;
    this.#readIndent();
    if (this.#indent > parentIndent) throw NOT_PLAIN;
    return chomp(lines, chomping);
  }

  #readFlow(parentIndent: number, positions: PositionTree, depth: number): unknown {
    if (depth > MAX_NESTING) throw NOT_PLAIN;
    const isSequence = this.#code(this.#at) === OPEN_BRACKET;
    const close = isSequence ? CLOSE_BRACKET : CLOSE_BRACE;
    const items: unknown[] = [];
    const mapping: Record<string, unknown> = {};
    this.#at++;
    for (;;) {
      this.#skipFlowBlanks(parentIndent);
      if (this.#code(this.#at) === close) break;
      if (isSequence) {
        const child = this.#child(positions, items.length, this.#at);
        items.push(this.#readFlowValue(parentIndent, child, depth + 1));
      } else this.#readFlowPair(mapping, parentIndent, positions, depth);
      this.#skipFlowBlanks(parentIndent);
      const code = this.#code(this.#at);
      if (code === COMMA) this.#at++;
      else if (code !== close) throw NOT_PLAIN;
    }
    this.#at++;
    return isSequence ? items : mapping;
  }

  #readFlowPair(mapping: Record<string, unknown>, parentIndent: number, positions: PositionTree, depth: number): void {
    const keyStart = this.#at;
    const first = this.#code(keyStart);
    const isQuoted = first === QUOTE || first === APOSTROPHE;
    const key = isQuoted ? this.#readQuoted() : this.#readFlowPlain();
    if (isQuoted) while (this.#code(this.#at) === SPACE) this.#at++;
    if (this.#code(this.#at) !== COLON || key === '' || key === '<<' || key === '__proto__') throw NOT_PLAIN;
    if (Object.hasOwn(mapping, key)) throw NOT_PLAIN;
    this.#at++;
    if (!isQuoted && !this.#endsAt(this.#at)) throw NOT_PLAIN;
    this.#skipFlowBlanks(parentIndent);
    mapping[key] = this.#readFlowValue(parentIndent, this.#child(positions, key, keyStart), depth + 1);
  }

  #readFlowValue(parentIndent: number, positions: PositionTree, depth: number): unknown {
    const code = this.#code(this.#at);
    if (code === OPEN_BRACKET || code === OPEN_BRACE) return this.#readFlow(parentIndent, positions, depth);
    if (code === QUOTE || code === APOSTROPHE) {
      const text = this.#readQuoted();
      return text;
    }
    const text = this.#readFlowPlain();
    if (text === '' || this.#code(this.#at) === COLON) throw NOT_PLAIN;
    return resolvePlainScalar(text);
  }

  /** Plain text inside a flow collection; stops at an indicator or the end of the line. */
  #readFlowPlain(): string {
    const first = this.#code(this.#at);
    if (INDICATORS.has(first) || first === COLON) throw NOT_PLAIN;
    let at = this.#at;
    for (; ; at++) {
      const code = this.#code(at);
      if (code === NEWLINE || code === RETURN || code === COMMA) break;
      if (code === CLOSE_BRACKET || code === CLOSE_BRACE) break;
      if (code === OPEN_BRACKET || code === OPEN_BRACE || code === TAB) throw NOT_PLAIN;
      if (code === HASH && this.#code(at - 1) === SPACE) break;
      if (code !== COLON) continue;
      const next = this.#code(at + 1);
      if (next === COMMA || next === CLOSE_BRACKET || next === CLOSE_BRACE) throw NOT_PLAIN;
      if (next === OPEN_BRACKET || next === OPEN_BRACE) throw NOT_PLAIN;
      if (this.#endsAt(at + 1)) break;
    }
    const text = this.#text.slice(this.#at, at).trimEnd();
    if (text === '-' || text.startsWith('- ') || text.startsWith('---') || text.startsWith('...')) throw NOT_PLAIN;
    this.#at = at;
    return text;
  }

  #skipFlowBlanks(parentIndent: number): void {
    let at = this.#at;
    let lineStart = -1;
    for (; ; at++) {
      if (at >= this.#end) throw NOT_PLAIN;
      const code = this.#code(at);
      if (code === NEWLINE) lineStart = at + 1;
      else if (code === HASH && (at === lineStart || this.#code(at - 1) === SPACE)) {
        const next = this.#nextLineStart(at);
        if (next === this.#end) throw NOT_PLAIN;
        // The loop goes on at the line's end.
        at = next - 2;
      } else if (code !== SPACE && code !== TAB && code !== RETURN) break;
    }
    // Lines of a flow collection are deeper than the block that holds it, except where it only closes.
    const isClosing = this.#code(at) === CLOSE_BRACKET || this.#code(at) === CLOSE_BRACE;
    if (lineStart !== -1 && at - lineStart <= parentIndent && !isClosing) throw NOT_PLAIN;
    if (lineStart !== -1) this.#lineStart = lineStart;
    this.#at = at;
  }
}

/** A literal block ends in one line break, in none (`-`), or in all that there are (`+`). */
function chomp(lines: string[], chomping: string | undefined): string {
  let trailing = 0;
  while (lines.length > 0 && lines[lines.length - 1] === '') {
    lines.pop();
    trailing++;
  }
  const text = lines.join('\n');
  if (chomping === '-') return text;
  return chomping === '+' ? text + '\n'.repeat(trailing + 1) : `${text}\n`;
}
