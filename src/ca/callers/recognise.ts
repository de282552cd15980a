import type { MeshCa } from '../authority/mesh-ca.ts';
import { workloadIdentity } from '../spiffe-id.ts';
import type { Caller, Unrecognised } from './caller.ts';
import { callerOfCertificate } from './client-certificate.ts';
import { CA_AUDIENCE, type TokenReview, type TokenReviewer } from './token-reviewer.ts';

/** Projected tokens have about 1 KiB. */
const MAX_TOKEN_LENGTH = 16 * 1024;

export interface Credentials {
  /** The header `authorization`, as often as it was sent. */
  readonly authorization: readonly string[];
  /** The client's certificate, if the handshake has verified it. */
  readonly certificate: Uint8Array | undefined;
}

export interface RecogniseOptions {
  readonly ca: MeshCa;
  readonly tokens: TokenReviewer;
  readonly audience?: string;
}

/** By the token where there is one, whatever certificate comes with it; a bad token is not made good by a certificate. */
export async function recognise(credentials: Credentials, options: RecogniseOptions): Promise<Caller | Unrecognised> {
  const { authorization, certificate } = credentials;
  if (authorization.length > 1) return { why: 'more than one authorization header' };
  const [header] = authorization;
  if (header !== undefined) return await callerOfHeader(header, options);
  if (certificate !== undefined) return callerOfCertificate(certificate, options.ca);
  return { why: 'neither a bearer token nor a client certificate of the mesh' };
}

async function callerOfHeader(header: string, options: RecogniseOptions): Promise<Caller | Unrecognised> {
  const [, token] = /^bearer +([A-Za-z0-9._~+/=-]+)$/i.exec(header) ?? [];
  if (token === undefined || token.length > MAX_TOKEN_LENGTH) return { why: 'authorization is no bearer token' };
  let review: TokenReview;
  try {
    review = await options.tokens.review(token, options.audience ?? CA_AUDIENCE);
  } catch (error) {
    options.ca.log('token-review-failed', { why: error instanceof Error ? error.message : 'unknown' });
    return { why: 'tokens cannot be checked at the moment', isTemporary: true };
  }
  if (!review.isValid) return { why: `the token is refused: ${review.why}` };
  const identity = workloadIdentity(options.ca.trustDomain, review.namespace, review.serviceAccount);
  if (identity === undefined) return { why: 'the token names no service account' };
  return { identity, by: 'token', expiresAtMs: review.expiresAtMs };
}
