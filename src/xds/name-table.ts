import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';

/** Istio's name for what a proxy's DNS answers. */
export const NAME_TABLE = 'type.googleapis.com/istio.networking.nds.v1.NameTable';

/** A host's addresses; what Kubernetes' services have besides, for names without their suffix. */
export interface NamedHost {
  readonly addresses: readonly string[];
  readonly registry: string;
  readonly shortName?: string | undefined;
  readonly namespace?: string | undefined;
}

const LENGTH_DELIMITED = 2;

/** istio.networking.nds.v1.NameTable: `map<string, NameInfo> table = 1`. By hand, for agents that load no generated types. */
export function encodeNameTable(table: ReadonlyMap<string, NamedHost>): Uint8Array {
  const writer = new BinaryWriter();
  for (const [host, { addresses, registry, shortName, namespace }] of table) {
    writer.tag(1, LENGTH_DELIMITED).fork().tag(1, LENGTH_DELIMITED).string(host);
    writer.tag(2, LENGTH_DELIMITED).fork();
    for (const address of addresses) writer.tag(1, LENGTH_DELIMITED).string(address);
    writer.tag(2, LENGTH_DELIMITED).string(registry);
    if (shortName !== undefined) writer.tag(3, LENGTH_DELIMITED).string(shortName);
    if (namespace !== undefined) writer.tag(4, LENGTH_DELIMITED).string(namespace);
    writer.join().join();
  }
  return writer.finish();
}

export function decodeNameTable(bytes: Uint8Array): Map<string, NamedHost> {
  const table = new Map<string, NamedHost>();
  for (const entry of messagesIn(bytes)) {
    const reader = new BinaryReader(entry);
    let host = '';
    let info: NamedHost = { addresses: [], registry: '' };
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      if (field === 1) host = reader.string();
      else if (field === 2) info = decodeNamedHost(reader.bytes());
      else reader.skip(wireType, field);
    }
    table.set(host, info);
  }
  return table;
}

function messagesIn(bytes: Uint8Array): Uint8Array[] {
  const reader = new BinaryReader(bytes);
  const messages: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1) messages.push(reader.bytes());
    else reader.skip(wireType, field);
  }
  return messages;
}

function decodeNamedHost(bytes: Uint8Array): NamedHost {
  const reader = new BinaryReader(bytes);
  const addresses: string[] = [];
  const texts = new Map<number, string>();
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1) addresses.push(reader.string());
    else if (field >= 2 && field <= 4) texts.set(field, reader.string());
    else reader.skip(wireType, field);
  }
  return { addresses, registry: texts.get(2) ?? '', shortName: texts.get(3), namespace: texts.get(4) };
}
