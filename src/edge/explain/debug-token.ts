import { compactVerify } from 'jose/jws/compact/verify';
import type { RootVerifier } from '../../snapshot/sign.ts';
import { DEBUG_TOKEN_TYPE, debugAudience, MAX_DEBUG_TOKEN_LIFETIME_S } from './live-explanation.ts';

const MAX_TOKEN_LENGTH = 4_096;
/** Clocks of who signs and of the edge may differ by so much. */
const SKEW_S = 30;

interface DebugClaims {
  readonly aud?: unknown;
  readonly exp?: unknown;
}

/** Whether the token lets its holder ask. All that is wrong with one is the same: nobody is told what. */
export async function isDebugToken(token: string, key: RootVerifier, mesh: string, nowMs: number): Promise<boolean> {
  if (token.length > MAX_TOKEN_LENGTH) return false;
  try {
    const { payload, protectedHeader } = await compactVerify(token, key.publicKey, { algorithms: ['EdDSA'] });
    if (protectedHeader.typ !== DEBUG_TOKEN_TYPE) return false;
    const { aud, exp } = JSON.parse(new TextDecoder().decode(payload)) as DebugClaims;
    const leftS = typeof exp === 'number' ? exp - nowMs / 1000 : Number.NaN;
    return aud === debugAudience(mesh) && leftS > 0 && leftS <= MAX_DEBUG_TOKEN_LIFETIME_S + SKEW_S;
  } catch {
    return false;
  }
}
