import { kindFor, splitApiVersion } from '../resources/kinds.ts';
import { MAX_DOCUMENTS_PER_FILE } from '../resources/limits.ts';
import { asFields, identityOf } from '../resources/metadata.ts';
import type { Origin } from '../resources/origin.ts';
import { objectsIn } from '../resources/parse-object.ts';
import { type FieldPath, formatPath } from '../resources/resource.ts';
import { LineTable, locatePath, type PositionTree } from '../resources/yaml/positions.ts';
import { positionsOf, readDocument } from '../resources/yaml/read-document.ts';
import { type DocumentSlice, splitDocuments } from '../resources/yaml/split-documents.ts';
import type { Subject } from './analysis-finding.ts';

/** An object as it is written, before any check. */
export interface RawObject {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly apiVersion: string;
  readonly kind: string;
  readonly groupKind: string;
  readonly namespace: string;
  readonly name: string;
  readonly subject: Subject;
}

const HAS_STATUS = /^ *"?status"?:/m;

/**
 * The objects of a file of which parsing has not kept all: those with a `status`, which most schemas drop, and those
 * on a line that `isRefused` knows, which are analyzed all the same, as istioctl does.
 */
export function rawObjects(
  text: string,
  file: string,
  defaultNamespace: string,
  isRefused: (first: number, last: number) => boolean,
): RawObject[] {
  const lines = new LineTable(text);
  return splitDocuments(text, MAX_DOCUMENTS_PER_FILE).slices.flatMap((slice) => {
    const first = lines.position(slice.start).line;
    const last = lines.position(slice.end).line;
    if (!HAS_STATUS.test(text.slice(slice.start, slice.end)) && !isRefused(first, last)) return [];
    return objectsOf(text, slice, file, lines, defaultNamespace);
  });
}

function objectsOf(
  text: string,
  slice: DocumentSlice,
  file: string,
  lines: LineTable,
  defaultNamespace: string,
): RawObject[] {
  const document = readDocument(text, slice);
  if ('problem' in document || document.value === null) return [];
  let positions: PositionTree | undefined;
  const place = (path: FieldPath): Pick<Origin, 'file' | 'line' | 'column'> => {
    positions ??= positionsOf(text, slice);
    return { file, ...lines.position(locatePath(positions, path)) };
  };
  return [...objectsIn(document.value)].flatMap(({ item, base }): RawObject[] => {
    const fields = asFields(item);
    const { apiVersion, kind } = fields ?? {};
    if (fields === undefined || typeof apiVersion !== 'string' || typeof kind !== 'string') return [];
    const definition = kindFor(apiVersion, kind);
    if (definition === undefined) return [];
    const identity = identityOf(fields, definition.namespaced, defaultNamespace);
    const originOf = (path: FieldPath = []): Origin => ({
      kind,
      ...identity,
      ...place([...base, ...path]),
      ...(path.length > 0 && { path: formatPath(path) }),
    });
    const annotations = stringsOf(asFields(fields.metadata)?.annotations);
    const groupKind = `${splitApiVersion(apiVersion).group}/${kind}`;
    return [{ fields, apiVersion, kind, groupKind, ...identity, subject: { metadata: { annotations }, originOf } }];
  });
}

function stringsOf(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(asFields(value) ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
