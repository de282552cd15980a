import { BinaryReader } from '@bufbuild/protobuf/wire';

/** Calls back at every field of a protobuf message; a field that is not taken is skipped. */
export function eachField(bytes: Uint8Array, take: (field: number, reader: BinaryReader) => boolean): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (!take(field, reader)) reader.skip(wireType, field);
  }
}
