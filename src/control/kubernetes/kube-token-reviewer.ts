import { decodeJwt } from 'jose';
import { parseServiceAccountSubject, type TokenReview, type TokenReviewer } from '../../ca/callers/token-reviewer.ts';
import type { KubeClient } from './kube-client.ts';
import { RESOURCES, resourcePath } from './resource-path.ts';

interface ReviewAnswer {
  readonly status?: {
    readonly authenticated?: boolean;
    readonly audiences?: readonly string[];
    readonly user?: { readonly username?: string };
    readonly error?: string;
  };
}

/** Asks the API server whether a token is genuine, and made for us. */
export class KubeTokenReviewer implements TokenReviewer {
  readonly #client: KubeClient;

  constructor(client: KubeClient) {
    this.#client = client;
  }

  async review(token: string, audience: string): Promise<TokenReview> {
    const { status = {} } = await this.#client.post<ReviewAnswer>(resourcePath(RESOURCES.tokenReviews), {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      spec: { token, audiences: [audience] },
    });
    if (status.authenticated !== true)
      return { isValid: false, why: status.error ?? 'the API server does not know it' };
    // A server that knows nothing of audiences says none: then the token may be meant for somebody else.
    if (status.audiences?.includes(audience) !== true) return { isValid: false, why: `it is not for ${audience}` };
    const account = parseServiceAccountSubject(status.user?.username ?? '');
    if (account === undefined) return { isValid: false, why: 'it is not of a service account' };
    return { isValid: true, ...account, expiresAtMs: expiryOf(token) };
  }
}

/** Of a token that the API server has found good. One that does not say is looked at again soon. */
function expiryOf(token: string): number {
  try {
    const { exp } = decodeJwt(token);
    if (exp !== undefined) return exp * 1000;
  } catch {
    // A legacy token without the shape of a JWT.
  }
  return Date.now() + UNKNOWN_EXPIRY_MS;
}

const UNKNOWN_EXPIRY_MS = 10 * 60 * 1000;
