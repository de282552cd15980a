import type { PeerIdentity } from '../engine/facts.ts';
import { VerifiedToken } from '../engine/jwt/token.ts';
import { BadInput } from './bad-input.ts';
import { readPrincipal, readToken } from './request-options.ts';

export interface Caller {
  readonly peer: PeerIdentity | undefined;
  /** Claims that are taken as verified. */
  readonly token: VerifiedToken | undefined;
  /** A token that is still to be verified, as the header that carries it. */
  readonly header: string | undefined;
}

/** `--as`: a principal of the mesh, or `jwt:FILE` with a token, or with claims as JSON. */
export async function readCaller(text: string | undefined, trustDomain: string): Promise<Caller> {
  const nobody: Caller = { peer: undefined, token: undefined, header: undefined };
  if (text === undefined) return nobody;
  if (!text.startsWith('jwt:')) return { ...nobody, peer: readPrincipal(text, trustDomain) };
  const content = await readToken(text.slice('jwt:'.length));
  if (!content.startsWith('{')) return { ...nobody, header: `Bearer ${content}` };
  let claims: unknown;
  try {
    claims = JSON.parse(content);
  } catch (cause) {
    throw new BadInput('the claims of --as are not JSON', { why: cause instanceof Error ? cause.message : '', cause });
  }
  const payload = claims as Record<string, unknown>;
  const audiences = [payload.aud].flat().filter((one) => typeof one === 'string');
  return { ...nobody, token: new VerifiedToken(payload, audiences, []) };
}
