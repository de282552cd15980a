import { type FullYaml, readFullYaml } from './full-yaml.ts';
import { readPlainYaml } from './plain-yaml.ts';
import type { PositionTree } from './positions.ts';
import type { DocumentSlice } from './split-documents.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: YAML forbids exactly these.
const FORBIDDEN = /[\0-\x08\x0B\x0C\x0E-\x1F\x7F]/;

/** One document's value, or why it has none. */
export function readDocument(text: string, { start, end }: DocumentSlice): FullYaml {
  const source = text.slice(start, end);
  const forbidden = FORBIDDEN.exec(source);
  if (forbidden) {
    const code = forbidden[0].charCodeAt(0).toString(16).padStart(2, '0');
    return { problem: { reason: `the control character 0x${code} is not allowed`, offset: start + forbidden.index } };
  }
  return readPlainYaml(text, start, end, false) ?? readFullYaml(text, start, end);
}

/** Positions of a document that has been read before. Read again on demand: most documents are never asked. */
export function positionsOf(text: string, { start, end }: DocumentSlice): PositionTree {
  const read = readPlainYaml(text, start, end, true) ?? readFullYaml(text, start, end);
  return 'positions' in read ? read.positions : { offset: start };
}
