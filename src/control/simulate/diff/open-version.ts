import { decodeVersion } from '../../../snapshot/decode.ts';
import { type SourceEntry, sourcesKey } from '../../../snapshot/format.ts';
import type { Version } from '../../../snapshot/history.ts';
import { applyEdits, SourceTable } from '../../../snapshot/sources.ts';
import type { ConfigStore } from '../../../store/config-store.ts';
import { storePieces } from '../../store-pieces.ts';
import type { Side } from './side.ts';

/** A published version, with the files and lines that it was made from. Rejects with a SnapshotError. */
export async function openVersion(store: ConfigStore, version: Version): Promise<Side> {
  const input = await decodeVersion(storePieces(store), version);
  const table = await sourceTable(store, version);
  return { name: `version ${version.version}`, input, locate: (origin) => table.locate(origin) };
}

/** Lines are a convenience: without them a version can be compared all the same. */
async function sourceTable(store: ConfigStore, { content }: Version): Promise<SourceTable> {
  const text = content.sources.base === '' ? undefined : await store.get(sourcesKey(content.sources.base));
  const base = text === undefined ? [] : (JSON.parse(text) as readonly SourceEntry[]);
  return SourceTable.from(applyEdits(base, content.sources.edits));
}
