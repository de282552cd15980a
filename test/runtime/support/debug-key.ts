import { CompactSign } from 'jose/jws/compact/sign';
import { generateSigningKey, importSigner, publicKeyText } from '../../../src/snapshot/keys.ts';

/** The key that opens the explanations of the edges in these tests. */
export const DEBUG_KEY = await generateSigningKey();
export const DEBUG_PUBLIC_KEY = await publicKeyText(DEBUG_KEY);

const { privateKey } = await importSigner(DEBUG_KEY);

export function debugToken(
  claims: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, string>> = {},
  key: CryptoKey = privateKey,
): Promise<string> {
  const nowS = Math.floor(Date.now() / 1000);
  const payload = { aud: 'foresail:explain:foresail', iat: nowS, exp: nowS + 60, ...claims };
  return new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'EdDSA', typ: 'foresail-debug+jwt', ...header })
    .sign(key);
}
