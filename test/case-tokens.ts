import { exportJWK, generateKeyPair, SignJWT } from 'jose';

const { publicKey, privateKey } = await generateKeyPair('ES256');

/** Tokens of the golden cases: `${CASE_JWKS}` in their YAML is the key set that verifies them. */
export const caseTokens = {
  jwks: JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'case', alg: 'ES256' }] }),
  sign: (claims: Readonly<Record<string, unknown>>): Promise<string> =>
    new SignJWT({ exp: 4_102_444_800, ...claims }).setProtectedHeader({ alg: 'ES256', kid: 'case' }).sign(privateKey),
};
