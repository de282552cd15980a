import type { Finding } from './finding.ts';
import { finding, messages } from './finding-messages.ts';
import { MAX_DOCUMENTS_PER_FILE, MAX_FILE_BYTES, MAX_FINDINGS_PER_FILE } from './limits.ts';
import type { Origin } from './origin.ts';
import { type Locate, objectsIn, type ParseOptions, type ParseResult, readObject } from './parse-object.ts';
import type { FieldPath } from './resource.ts';
import { LineTable, locatePath, type PositionTree } from './yaml/positions.ts';
import { positionsOf, readDocument } from './yaml/read-document.ts';
import { type DocumentSlice, splitDocuments } from './yaml/split-documents.ts';

export { type ParseOptions, type ParseResult, parseObject, type SkippedObject } from './parse-object.ts';

export interface ParseYamlOptions extends ParseOptions {
  /** Named in every origin; relative where it was given so. */
  readonly file: string;
}

/**
 * Reads the objects of one YAML or JSON file. Pure and total: whatever the text, nothing is thrown, and a broken
 * document or object costs only itself.
 */
export function parseYaml(text: string, options: ParseYamlOptions): ParseResult {
  const result: ParseResult = { resources: [], findings: [], skipped: [] };
  const file = new SourceFile(text, options.file);
  if (text.length > MAX_FILE_BYTES) {
    const limit = `${MAX_FILE_BYTES / 1024 / 1024} MiB`;
    return { ...result, findings: [finding(messages.FileTooLarge, { ...NOTHING, file: options.file }, { limit })] };
  }
  const { slices, truncated } = splitDocuments(text, MAX_DOCUMENTS_PER_FILE);
  for (const slice of slices) readSlice(file, slice, options, result);
  if (truncated) {
    const origin = { ...NOTHING, file: options.file };
    result.findings.unshift(finding(messages.TooManyDocuments, origin, { limit: MAX_DOCUMENTS_PER_FILE }));
  }
  return { ...result, findings: capFindings(result.findings, options.file) };
}

const NOTHING: Origin = { kind: 'Document', namespace: '', name: '' };

class SourceFile {
  readonly text: string;
  readonly #name: string;
  readonly #lines: LineTable;

  constructor(text: string, name: string) {
    this.text = text;
    this.#name = name;
    this.#lines = new LineTable(text);
  }

  place(offset: number): Pick<Origin, 'file' | 'line' | 'column'> {
    return { file: this.#name, ...this.#lines.position(offset) };
  }
}

function readSlice(file: SourceFile, slice: DocumentSlice, options: ParseYamlOptions, result: ParseResult): void {
  const document = readDocument(file.text, slice);
  const isTemplate = (): boolean => file.text.slice(slice.start, slice.end).includes('{{');
  if ('problem' in document) {
    const { offset, reason } = document.problem;
    const origin = { ...NOTHING, ...file.place(offset) };
    if (isTemplate()) result.findings.push(finding(messages.TemplateNotRendered, origin, {}));
    else result.findings.push(finding(messages.YamlSyntaxError, origin, { reason }));
    return;
  }
  if (document.value === null) return;
  let positions: PositionTree | undefined;
  const locateIn = (base: FieldPath): Locate => {
    return (path) => {
      positions ??= positionsOf(file.text, slice);
      return file.place(locatePath(positions, base.length === 0 ? path : [...base, ...path]));
    };
  };
  for (const { item, base } of objectsIn(document.value)) readObject(item, locateIn(base), options, result);
}

function capFindings(findings: Finding[], file: string): Finding[] {
  if (findings.length <= MAX_FINDINGS_PER_FILE) return findings;
  const count = findings.length - MAX_FINDINGS_PER_FILE;
  const rest = finding(messages.TooManyFindings, { ...NOTHING, file }, { count });
  return [...findings.slice(0, MAX_FINDINGS_PER_FILE), rest];
}
