import { BinaryWriter } from '@bufbuild/protobuf/wire';

/** What SDS serves: envoy.extensions.transport_sockets.tls.v3.Secret, by hand as the messages around it. */
export const SECRET_TYPE_URL = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret';

export function encodeTlsCertificate(name: string, chainPem: string, privateKeyPem: string): Uint8Array {
  const writer = new BinaryWriter().tag(1, 2).string(name).tag(2, 2).fork();
  writeInline(writer.tag(1, 2), chainPem);
  writeInline(writer.tag(2, 2), privateKeyPem);
  return writer.join().finish();
}

export function encodeValidationContext(name: string, rootsPem: string, crlPem: string): Uint8Array {
  const writer = new BinaryWriter().tag(1, 2).string(name).tag(4, 2).fork();
  writeInline(writer.tag(1, 2), rootsPem);
  if (crlPem !== '') {
    writeInline(writer.tag(7, 2), crlPem);
    // Otherwise Envoy refuses every chain in which a CA above ours has no list: only_verify_leaf_cert_crl.
    writer.tag(14, 0).bool(true);
  }
  return writer.join().finish();
}

/** A DataSource of inline_bytes. */
function writeInline(writer: BinaryWriter, text: string): void {
  writer.fork().tag(2, 2).bytes(Buffer.from(text, 'utf8')).join();
}
