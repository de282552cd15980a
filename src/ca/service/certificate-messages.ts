import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { eachField } from '../each-field.ts';

/**
 * The messages of Istio's security/v1alpha1/ca.proto, read and written by hand: the agent stays small without the
 * generated types.
 */
export interface CertificateRequest {
  /** PEM. */
  readonly csr: string;
  /** Zero: the CA chooses. */
  readonly validityS: number;
  /** The strings in `metadata`, a google.protobuf.Struct. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface CertificateResponse {
  readonly certChain: readonly string[];
}

export function encodeCertificateRequest({ csr, validityS, metadata }: CertificateRequest): Buffer {
  const writer = new BinaryWriter().tag(1, 2).string(csr).tag(3, 0).int64(validityS);
  const fields = Object.entries(metadata);
  if (fields.length > 0) {
    writer.tag(4, 2).fork();
    for (const [key, value] of fields) {
      writer.tag(1, 2).fork().tag(1, 2).string(key).tag(2, 2).fork().tag(3, 2).string(value).join().join();
    }
    writer.join();
  }
  return Buffer.from(writer.finish());
}

export function decodeCertificateRequest(bytes: Uint8Array): CertificateRequest {
  let csr = '';
  let validityS = 0;
  const metadata: Record<string, string> = Object.create(null);
  eachField(bytes, (field, reader) => {
    if (field === 1) csr = reader.string();
    else if (field === 3) validityS = Number(reader.int64());
    else if (field === 4) readStrings(reader.bytes(), metadata);
    else return false;
    return true;
  });
  return { csr, validityS, metadata };
}

export function encodeCertificateResponse({ certChain }: CertificateResponse): Buffer {
  const writer = new BinaryWriter();
  for (const pem of certChain) writer.tag(1, 2).string(pem);
  return Buffer.from(writer.finish());
}

export function decodeCertificateResponse(bytes: Uint8Array): CertificateResponse {
  const certChain: string[] = [];
  eachField(bytes, (field, reader) => field === 1 && certChain.push(reader.string()) > 0);
  return { certChain };
}

/** Of a Struct's fields those that are strings: `fields` 1 → key 1, value 2 → string_value 3. */
function readStrings(struct: Uint8Array, into: Record<string, string>): void {
  eachField(struct, (field, reader) => {
    if (field !== 1) return false;
    let key = '';
    let value: string | undefined;
    eachField(reader.bytes(), (part, entry) => {
      if (part === 1) key = entry.string();
      else if (part === 2) value = readStringValue(entry.bytes());
      else return false;
      return true;
    });
    if (value !== undefined) into[key] = value;
    return true;
  });
}

function readStringValue(bytes: Uint8Array): string | undefined {
  let text: string | undefined;
  eachField(bytes, (field, reader) => {
    if (field !== 3) return false;
    text = reader.string();
    return true;
  });
  return text;
}
