import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { FILE_CERTIFICATE, FILE_TRUST } from '../../xds/sds-names.ts';
import type { Resource } from './discovery-messages.ts';
import { encodeTlsCertificate, encodeValidationContext } from './encode-secret.ts';

/** Whether a name is of files beside the agent, as a DestinationRule's TLS settings give their paths. */
export function isFileSecret(name: string): boolean {
  return name.startsWith(FILE_CERTIFICATE) || name.startsWith(FILE_TRUST);
}

/** `file-cert:<chain>~<key>`, `file-root:<roots>` or `file-root:<roots>~<crl>`; undefined: a file cannot be read. */
export function findFileSecret(name: string): Resource | undefined {
  const isCertificate = name.startsWith(FILE_CERTIFICATE);
  const [first = '', second] = name.slice((isCertificate ? FILE_CERTIFICATE : FILE_TRUST).length).split('~');
  try {
    const texts = [first, ...(second === undefined ? [] : [second])].map((path) => readFileSync(path, 'utf8'));
    const [text = '', other = ''] = texts;
    const bytes = isCertificate ? encodeTlsCertificate(name, text, other) : encodeValidationContext(name, text, other);
    return { name, version: createHash('sha256').update(bytes).digest('base64url').slice(0, 22), bytes };
  } catch {
    return undefined;
  }
}
