import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  TAG,
  tlv,
} from './der.ts';

export const OID_SUBJECT_KEY_IDENTIFIER = '2.5.29.14';

/** The bits of RFC 5280 §4.2.1.3, counted from the left. */
const KEY_USAGE_BITS = { digitalSignature: 0, keyEncipherment: 2, keyCertSign: 5, cRLSign: 6 } as const;
export type KeyUsage = keyof typeof KEY_USAGE_BITS;

export function keyUsage(usages: readonly KeyUsage[]): Buffer {
  const byte = usages.reduce((bits, usage) => bits | (0x80 >> KEY_USAGE_BITS[usage]), 0);
  const unused = 7 - Math.max(...usages.map((usage) => KEY_USAGE_BITS[usage]));
  return extension('2.5.29.15', true, bitString(Buffer.from([byte]), unused));
}

export function basicConstraints(isAuthority: boolean): Buffer {
  // FALSE is the default, which DER does not write.
  return extension('2.5.29.19', true, isAuthority ? sequence(boolean(true)) : sequence());
}

export function extendedKeyUsageOfServerAndClient(): Buffer {
  const usages = sequence(objectIdentifier('1.3.6.1.5.5.7.3.1'), objectIdentifier('1.3.6.1.5.5.7.3.2'));
  return extension('2.5.29.37', false, usages);
}

export interface AlternativeNames {
  readonly uris?: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly Uint8Array[];
}

/** Critical where the subject is empty: RFC 5280 §4.2.1.6. */
export function subjectAlternativeName(names: AlternativeNames, isCritical: boolean): Buffer {
  const encoded = [
    ...(names.dnsNames ?? []).map((name) => implicit(2, Buffer.from(name, 'latin1'))),
    ...(names.uris ?? []).map((uri) => implicit(6, Buffer.from(uri, 'latin1'))),
    ...(names.ipAddresses ?? []).map((address) => implicit(7, address)),
  ];
  return extension('2.5.29.17', isCritical, sequence(...encoded));
}

export function subjectKeyIdentifier(identifier: Uint8Array): Buffer {
  return extension(OID_SUBJECT_KEY_IDENTIFIER, false, octetString(identifier));
}

export function authorityKeyIdentifier(identifier: Uint8Array): Buffer {
  return extension('2.5.29.35', false, sequence(implicit(0, identifier)));
}

export function crlNumber(number: number): Buffer {
  return extension('2.5.29.20', false, integer(number));
}

/** `[3]` of a certificate, `[0]` of a revocation list. */
export function taggedExtensions(number: number, extensions: readonly Uint8Array[]): Buffer {
  return explicit(number, sequence(...extensions));
}

function extension(oid: string, isCritical: boolean, value: Uint8Array): Buffer {
  const critical = isCritical ? [tlv(TAG.boolean, Buffer.from([0xff]))] : [];
  return sequence(objectIdentifier(oid), ...critical, octetString(value));
}
