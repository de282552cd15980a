import { SnapshotError } from './errors.ts';

/**
 * The root's text is two lines: a header that carries the signature, and the body that it is over. Signing text as it
 * stands needs no canonical form, and a reader verifies before it parses.
 */
interface RootHeader {
  readonly foresail: 'root';
  readonly keyId?: string;
  /** Ed25519, base64url. */
  readonly signature?: string;
}

export interface RootSigner {
  readonly keyId: string;
  readonly privateKey: CryptoKey;
  /** Its own public half. */
  readonly verifier: RootVerifier;
}

export interface RootVerifier {
  readonly keyId: string;
  readonly publicKey: CryptoKey;
}

const encoder = new TextEncoder();

export async function sealRoot(body: string, signer: RootSigner | undefined): Promise<string> {
  if (signer === undefined) return `${JSON.stringify({ foresail: 'root' } satisfies RootHeader)}\n${body}`;
  const signature = await crypto.subtle.sign('Ed25519', signer.privateKey, encoder.encode(body));
  const header: RootHeader = { foresail: 'root', keyId: signer.keyId, signature: toBase64Url(signature) };
  return `${JSON.stringify(header)}\n${body}`;
}

export function isSigned(text: string): boolean {
  return parseHeader(text.slice(0, Math.max(0, text.indexOf('\n'))))?.signature !== undefined;
}

/** The body of a sealed root. Without verifiers signatures are not asked for; with some, one of them must have signed. */
export async function openRoot(text: string, verifiers: readonly RootVerifier[]): Promise<string> {
  const newline = text.indexOf('\n');
  const header = newline === -1 ? undefined : parseHeader(text.slice(0, newline));
  if (header === undefined) throw new SnapshotError('bad-root', 'the root is not a Foresail root');
  const body = text.slice(newline + 1);
  if (verifiers.length === 0) return body;
  if (header.signature === undefined) {
    throw new SnapshotError('unsigned', 'the root is not signed and a public key is configured');
  }
  const verifier = verifiers.find((candidate) => candidate.keyId === header.keyId);
  if (verifier === undefined) {
    throw new SnapshotError('bad-signature', `the root is signed with the unknown key ${header.keyId}`);
  }
  const signature = fromBase64Url(header.signature);
  const isValid =
    signature !== undefined &&
    (await crypto.subtle.verify('Ed25519', verifier.publicKey, signature, encoder.encode(body)));
  if (!isValid) throw new SnapshotError('bad-signature', 'the signature of the root does not fit its content');
  return body;
}

function parseHeader(line: string): RootHeader | undefined {
  try {
    const header = JSON.parse(line) as Partial<Record<keyof RootHeader, unknown>> | null;
    if (typeof header !== 'object' || header?.foresail !== 'root') return undefined;
    const { keyId, signature } = header;
    return {
      foresail: 'root',
      ...(typeof keyId === 'string' ? { keyId } : {}),
      ...(typeof signature === 'string' ? { signature } : {}),
    };
  } catch {
    return undefined;
  }
}

function toBase64Url(buffer: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}
