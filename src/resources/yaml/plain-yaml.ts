import { MAX_NESTING, MAX_NODES } from '../limits.ts';
import {
  APOSTROPHE,
  COLON,
  DASH,
  HASH,
  INDICATORS,
  NEWLINE,
  NOT_PLAIN,
  OPEN_BRACE,
  OPEN_BRACKET,
  PIPE,
  QUOTE,
  RETURN,
  SPACE,
  TAB,
  TOO_MANY_NODES,
} from './plain-cursor.ts';
import { PlainFlowReader } from './plain-flow.ts';
import { resolvePlainScalar } from './plain-scalar.ts';
import type { PositionTree, YamlProblem } from './positions.ts';

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

/** Block mappings and sequences, told by indentation. */
class PlainYamlReader extends PlainFlowReader {
  /** Column of the first character of the current line; -1 at the end of the text. */
  indent = -1;

  read(): { value: unknown; positions: PositionTree } {
    // The text starts after `---`; what stands on that line is left to the full parser.
    const firstIsLineStart = this.at === 0 || this.text.charCodeAt(this.at - 1) !== DASH;
    if (firstIsLineStart) this.readIndent();
    else this.endLine();
    const positions: PositionTree = { offset: this.at };
    const value = this.indent === -1 ? null : this.readNode(this.indent, positions, 0);
    if (this.indent !== -1) throw NOT_PLAIN;
    return { value, positions };
  }

  /** At a line's start: finds the next line with content. */
  readIndent(): void {
    for (;;) {
      if (this.at >= this.end) {
        this.indent = -1;
        return;
      }
      const lineStart = this.at;
      let at = lineStart;
      while (this.code(at) === SPACE && at < this.end) at++;
      const code = this.code(at);
      if (code === TAB) throw NOT_PLAIN;
      if (code === HASH) {
        this.at = this.nextLineStart(at);
        continue;
      }
      if (code === NEWLINE || (code === RETURN && this.code(at + 1) === NEWLINE)) {
        this.at = this.nextLineStart(at);
        continue;
      }
      this.lineStart = lineStart;
      this.indent = at - lineStart;
      this.at = at;
      return;
    }
  }

  /** After a value: only blanks and a comment may follow on the line. */
  endLine(): void {
    const from = this.at;
    while (this.code(this.at) === SPACE && this.at < this.end) this.at++;
    const code = this.code(this.at);
    if (code === HASH && this.at > from) this.at = this.nextLineStart(this.at);
    else if (code === NEWLINE || (code === RETURN && this.code(this.at + 1) === NEWLINE)) {
      this.at = this.nextLineStart(this.at);
    } else throw NOT_PLAIN;
    this.readIndent();
  }

  atLineEnd(): boolean {
    let at = this.at;
    while (this.code(at) === SPACE && at < this.end) at++;
    const code = this.code(at);
    return code === NEWLINE || code === RETURN || (code === HASH && at > this.at);
  }

  isSequenceEntry(): boolean {
    return this.code(this.at) === DASH && this.endsAt(this.at + 1);
  }

  /** The node that starts on the current line, `column` characters from its start. */
  readNode(column: number, positions: PositionTree, depth: number): unknown {
    if (depth > MAX_NESTING) throw NOT_PLAIN;
    if (this.isSequenceEntry()) return this.readSequence(column, positions, depth);
    if (this.keyEnd() !== -1) return this.readMapping(column, positions, depth);
    return this.readInline(column - 1, positions, depth);
  }

  readSequence(column: number, positions: PositionTree, depth: number): unknown[] {
    const items: unknown[] = [];
    do {
      const dash = this.at;
      this.at = dash + 1;
      if (this.atLineEnd()) {
        this.endLine();
        const child = this.child(positions, items.length, this.indent > column ? this.at : dash);
        items.push(this.indent > column ? this.readNode(this.indent, child, depth + 1) : null);
      } else {
        while (this.code(this.at) === SPACE) this.at++;
        const child = this.child(positions, items.length, this.at);
        const itemColumn = this.at - this.lineStart;
        if (this.isSequenceEntry() || this.keyEnd() !== -1) items.push(this.readNode(itemColumn, child, depth + 1));
        else items.push(this.readInline(column, child, depth + 1));
      }
      if (this.indent > column) throw NOT_PLAIN;
    } while (this.indent === column && this.isSequenceEntry());
    return items;
  }

  readMapping(column: number, positions: PositionTree, depth: number): Record<string, unknown> {
    const mapping: Record<string, unknown> = {};
    do {
      const keyStart = this.at;
      const keyEnd = this.keyEnd();
      if (keyEnd === -1 || this.isSequenceEntry()) throw NOT_PLAIN;
      const key = this.readKey(keyEnd);
      // A duplicate is an error to report; `__proto__` would not be an own property.
      if (key === '__proto__' || key === '<<' || Object.hasOwn(mapping, key)) throw NOT_PLAIN;
      this.at = keyEnd + 1;
      const child = this.child(positions, key, keyStart);
      mapping[key] = this.readMappingValue(column, child, depth + 1);
      if (this.indent > column) throw NOT_PLAIN;
    } while (this.indent === column);
    return mapping;
  }

  readMappingValue(column: number, positions: PositionTree, depth: number): unknown {
    if (!this.atLineEnd()) {
      while (this.code(this.at) === SPACE) this.at++;
      return this.readInline(column, positions, depth);
    }
    this.endLine();
    if (this.indent > column) return this.readNode(this.indent, positions, depth);
    // A sequence may stand at the column of its key.
    if (this.indent === column && this.isSequenceEntry()) return this.readSequence(column, positions, depth);
    return null;
  }

  /** Offset of the `:` that ends a key starting here, or -1 where the line is no mapping entry. */
  keyEnd(): number {
    const first = this.code(this.at);
    let at = this.at;
    if (first === QUOTE || first === APOSTROPHE) {
      at = this.quotedEnd(at) + 1;
      while (this.code(at) === SPACE) at++;
      return this.code(at) === COLON && this.endsAt(at + 1) ? at : -1;
    }
    if (INDICATORS.has(first)) return -1;
    for (; ; at++) {
      const code = this.code(at);
      if (code === NEWLINE || code === RETURN) return -1;
      if (code === TAB) throw NOT_PLAIN;
      if (code === COLON && this.endsAt(at + 1)) return at;
      if (code === HASH && this.code(at - 1) === SPACE) return -1;
    }
  }

  readKey(keyEnd: number): string {
    const first = this.code(this.at);
    if (first === QUOTE || first === APOSTROPHE) return this.readQuoted();
    const key = this.text.slice(this.at, keyEnd).trimEnd();
    if (key === '') throw NOT_PLAIN;
    return key;
  }

  /** A value on the rest of the line, inside a block at `parentIndent`. */
  readInline(parentIndent: number, positions: PositionTree, depth: number): unknown {
    const code = this.code(this.at);
    let value: unknown;
    if (code === OPEN_BRACKET || code === OPEN_BRACE) value = this.readFlow(parentIndent, positions, depth);
    else if (code === QUOTE || code === APOSTROPHE) value = this.readQuoted();
    else if (code === PIPE) return this.readLiteralBlock(parentIndent);
    else value = this.readPlain();
    this.endLine();
    // A deeper line after a value would continue it.
    if (this.indent > parentIndent) throw NOT_PLAIN;
    return value;
  }

  readPlain(): unknown {
    const first = this.code(this.at);
    if (INDICATORS.has(first) || ((first === DASH || first === COLON) && this.endsAt(this.at + 1))) throw NOT_PLAIN;
    let at = this.at;
    for (; ; at++) {
      const code = this.code(at);
      if (code === NEWLINE || code === RETURN) break;
      if (code === TAB || (code === COLON && this.endsAt(at + 1))) throw NOT_PLAIN;
      if (code === HASH && this.code(at - 1) === SPACE) break;
    }
    let stop = at;
    while (this.text.charCodeAt(stop - 1) === SPACE) stop--;
    const text = this.text.slice(this.at, stop);
    this.at = stop;
    return resolvePlainScalar(text);
  }

  readLiteralBlock(parentIndent: number): string {
    let header = this.at + 1;
    const chomping = this.text[header];
    if (chomping === '-' || chomping === '+') header++;
    this.at = header;
    if (this.code(header) !== NEWLINE) throw NOT_PLAIN;
    const lines: string[] = [];
    let blockIndent = -1;
    let at = this.nextLineStart(header);
    while (at < this.end) {
      let content = at;
      while (content < this.end && this.code(content) === SPACE) content++;
      const code = this.code(content);
      const indent = content - at;
      const lineEnd = this.nextLineStart(at);
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
      const withoutBreak = this.text.charCodeAt(lineEnd - 1) === NEWLINE ? lineEnd - 1 : lineEnd;
      const line = this.text.slice(Math.min(at + Math.max(blockIndent, 0), withoutBreak), withoutBreak);
      if (line.includes('\r')) throw NOT_PLAIN;
      lines.push(line);
      at = lineEnd;
    }
    if (blockIndent === -1) throw NOT_PLAIN;
    this.at = at;
    this.readIndent();
    if (this.indent > parentIndent) throw NOT_PLAIN;
    return chomp(lines, chomping);
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
