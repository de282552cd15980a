import { SnapshotError } from './errors.ts';
import { sha256Hex } from './hash.ts';
import type { RootSigner, RootVerifier } from './sign.ts';

/** `kty: OKP, crv: Ed25519`: what WebCrypto exports in every runtime. */
interface Ed25519Jwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly d?: string;
}

/** A key in text form: a JWK in JSON, or PEM (`PRIVATE KEY` in PKCS 8, `PUBLIC KEY` in SPKI). */
export async function importSigner(text: string): Promise<RootSigner> {
  const jwk = await readKey(text, 'private');
  if (jwk.d === undefined) throw badKey('it is a public key; signing needs the private one');
  const privateKey = await importJwk(jwk, 'sign');
  return { keyId: await keyIdOf(jwk), privateKey, verifier: await importVerifier(JSON.stringify(jwk)) };
}

export async function importVerifier(text: string): Promise<RootVerifier> {
  const { kty, crv, x } = await readKey(text, 'public');
  const jwk: Ed25519Jwk = { kty, crv, x };
  return { keyId: await keyIdOf(jwk), publicKey: await importJwk(jwk, 'verify') };
}

/** The public half, as the one-line JWK that an edge is configured with. */
export async function publicKeyText(text: string): Promise<string> {
  const { kty, crv, x } = await readKey(text, 'public');
  return JSON.stringify({ kty, crv, x });
}

/** A new private key in PEM. */
export async function generateSigningKey(): Promise<string> {
  const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey));
  const lines = btoa(String.fromCharCode(...pkcs8)).match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
}

async function readKey(text: string, wanted: 'private' | 'public'): Promise<Ed25519Jwk> {
  const pem = /-----BEGIN (PRIVATE|PUBLIC) KEY-----([^-]+)-----END/.exec(text);
  if (pem === null) return readJwk(text);
  const [, kind, base64 = ''] = pem;
  try {
    const bytes = Uint8Array.from(atob(base64.replace(/\s/g, '')), (char) => char.charCodeAt(0));
    const format = kind === 'PRIVATE' ? 'pkcs8' : 'spki';
    const key = await crypto.subtle.importKey(format, bytes, 'Ed25519', true, [kind === 'PRIVATE' ? 'sign' : 'verify']);
    return (await crypto.subtle.exportKey('jwk', key)) as Ed25519Jwk;
  } catch (cause) {
    throw badKey(`the PEM holds no Ed25519 ${wanted} key`, cause);
  }
}

function readJwk(text: string): Ed25519Jwk {
  let jwk: Partial<Ed25519Jwk> | null;
  try {
    jwk = JSON.parse(text) as Partial<Ed25519Jwk> | null;
  } catch {
    throw badKey('it is neither PEM nor a JWK in JSON');
  }
  if (typeof jwk !== 'object' || jwk?.kty !== 'OKP' || jwk.crv !== 'Ed25519' || typeof jwk.x !== 'string') {
    throw badKey('the JWK is not an Ed25519 key (kty OKP, crv Ed25519)');
  }
  const { kty, crv, x, d } = jwk;
  return { kty, crv, x, ...(typeof d === 'string' ? { d } : {}) };
}

async function importJwk(jwk: Ed25519Jwk, usage: 'sign' | 'verify'): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey('jwk', { ...jwk }, 'Ed25519', false, [usage]);
  } catch (cause) {
    throw badKey('its numbers are not a valid Ed25519 key', cause);
  }
}

async function keyIdOf(jwk: Ed25519Jwk): Promise<string> {
  return (await sha256Hex(jwk.x)).slice(0, 16);
}

/** The key itself never goes into a message. */
function badKey(why: string, cause?: unknown): SnapshotError {
  return new SnapshotError('bad-key', `the key cannot be used: ${why}`, { cause });
}
