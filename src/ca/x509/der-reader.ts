import { TAG } from './der.ts';

/** One value of a DER text. Its bytes are views into the input, nothing is copied. */
export interface DerValue {
  readonly tag: number;
  readonly content: Uint8Array;
  /** Tag, length and content. */
  readonly encoded: Uint8Array;
}

export class DerError extends Error {
  override readonly name = 'DerError';
}

/** The one value that the whole input is. */
export function readDer(bytes: Uint8Array): DerValue {
  const value = readAt(bytes, 0);
  if (value.encoded.length !== bytes.length) throw new DerError('something follows the value');
  return value;
}

/** What a constructed value holds, of the tag that is expected. */
export function readChildren(value: DerValue | undefined, tag: number = TAG.sequence): DerValue[] {
  if (value?.tag !== tag) throw new DerError(`expected tag 0x${tag.toString(16)}`);
  const children: DerValue[] = [];
  for (let offset = 0; offset < value.content.length; ) {
    const child = readAt(value.content, offset);
    children.push(child);
    offset += child.encoded.length;
  }
  return children;
}

export function expectTag(value: DerValue | undefined, tag: number): DerValue {
  if (value?.tag !== tag) throw new DerError(`expected tag 0x${tag.toString(16)}`);
  return value;
}

/** A bit string of whole bytes. */
export function readBitString(value: DerValue | undefined): Uint8Array {
  const { content } = expectTag(value, TAG.bitString);
  if (content[0] !== 0) throw new DerError('the bit string is not of whole bytes');
  return content.subarray(1);
}

/** DER has one way to write a length: the shortest, and never "indefinite" (X.690 §10.1). */
function readAt(bytes: Uint8Array, offset: number): DerValue {
  const tag = bytes[offset];
  const first = bytes[offset + 1];
  if (tag === undefined || first === undefined) throw new DerError('the value ends early');
  if ((tag & 0x1f) === 0x1f) throw new DerError('long tags are not used in certificates');
  let start = offset + 2;
  let length = first;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 3) throw new DerError('a length that is indefinite or too long');
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + (bytes[start + i] ?? 0);
    start += count;
    if (length < 0x80 || length < 256 ** (count - 1)) throw new DerError('a length that is not the shortest');
  }
  const end = start + length;
  if (end > bytes.length) throw new DerError('the value ends early');
  return { tag, content: bytes.subarray(start, end), encoded: bytes.subarray(offset, end) };
}
