import type { PeerIdentity } from '../engine/facts.ts';
import { peerIdentity } from '../engine/peer-identity.ts';
import type { TlsClientAuth } from './runtime.ts';

/** The mesh identity in a client certificate that the platform has verified; undefined in every other case. */
export function peerOfCertificate(auth: TlsClientAuth | undefined): PeerIdentity | undefined {
  if (auth?.certPresented !== '1' || auth.certVerified !== 'SUCCESS' || auth.certRevoked === '1') return undefined;
  const der = decodeByteSequence(auth.certRFC9440);
  if (der === undefined) return undefined;
  try {
    const ids = subjectUris(der).map(peerIdentity);
    // SPIFFE X.509-SVID §2: exactly one URI, else the certificate names nobody.
    return ids.length === 1 ? ids[0] : undefined;
  } catch {
    return undefined;
  }
}

function decodeByteSequence(field: string | undefined): Uint8Array | undefined {
  if (field === undefined || !field.startsWith(':') || !field.endsWith(':')) return undefined;
  try {
    return Uint8Array.from(atob(field.slice(1, -1)), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}

const SEQUENCE = 0x30;
/** `[3] EXPLICIT Extensions` in TBSCertificate, RFC 5280 §4.1. */
const EXTENSIONS = 0xa3;
const OCTET_STRING = 0x04;
/** `uniformResourceIdentifier [6]` in GeneralName, RFC 5280 §4.2.1.6. */
const URI_NAME = 0x86;
/** 2.5.29.17 subjectAltName, tag and length included. */
const SUBJECT_ALT_NAME = [0x06, 0x03, 0x55, 0x1d, 0x11];

interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
}

function subjectUris(certificate: Uint8Array): string[] {
  const [outer] = elements(certificate);
  const [body] = outer === undefined ? [] : elements(outer.content);
  const extensions = body === undefined ? undefined : elements(body.content).find(({ tag }) => tag === EXTENSIONS);
  const [list] = extensions === undefined ? [] : elements(extensions.content);
  if (list?.tag !== SEQUENCE) return [];
  for (const { content } of elements(list.content)) {
    if (!SUBJECT_ALT_NAME.every((byte, index) => content[index] === byte)) continue;
    const value = elements(content).find(({ tag }) => tag === OCTET_STRING);
    const [names] = value === undefined ? [] : elements(value.content);
    if (names === undefined) return [];
    return elements(names.content)
      .filter(({ tag }) => tag === URI_NAME)
      .map((name) => new TextDecoder().decode(name.content));
  }
  return [];
}

/** DER elements that lie side by side, X.690 §8.1. */
function elements(bytes: Uint8Array): Element[] {
  const found: Element[] = [];
  let at = 0;
  while (at + 1 < bytes.length) {
    const tag = bytes[at] ?? 0;
    let length = bytes[at + 1] ?? 0;
    at += 2;
    if (length > 0x80) {
      const lengthBytes = length & 0x7f;
      length = 0;
      for (let i = 0; i < lengthBytes; i++) length = length * 256 + (bytes[at + i] ?? 0);
      at += lengthBytes;
    }
    if (at + length > bytes.length) throw new RangeError('the certificate is cut off');
    found.push({ tag, content: bytes.subarray(at, at + length) });
    at += length;
  }
  return found;
}
