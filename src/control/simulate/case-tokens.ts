/** Tokens of cases: claims that a case gives are signed with a key of the run's own. */
export interface CaseTokens {
  /** The key set that verifies them. */
  readonly jwks: string;
  sign(claims: Readonly<Record<string, unknown>>): Promise<string>;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const HEADER = { alg: 'ES256', kid: 'case' };
/** The year 2100: a case is about its claims, not about the day on which it runs. */
const FAR_FUTURE = 4_102_444_800;

export async function createCaseTokens(): Promise<CaseTokens> {
  const { publicKey, privateKey } = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
  return {
    jwks: JSON.stringify({ keys: [{ kty, crv, x, y, ...HEADER }] }),
    async sign(claims) {
      const signed = `${base64url(JSON.stringify(HEADER))}.${base64url(JSON.stringify({ exp: FAR_FUTURE, ...claims }))}`;
      const signature = await crypto.subtle.sign(ALGORITHM, privateKey, new TextEncoder().encode(signed));
      return `${signed}.${Buffer.from(signature).toString('base64url')}`;
    },
  };
}

const PLACEHOLDER = /\$\{CASE_JWKS\}/g;

/** `${CASE_JWKS}` in the YAML of a case stands for the key set that verifies the case's tokens. */
export function withCaseKeys(yaml: string, jwks: string): string {
  return yaml.replaceAll(PLACEHOLDER, () => jwks);
}

function base64url(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url');
}
