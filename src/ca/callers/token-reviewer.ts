/** What is known of a service account's token after it has been checked. */
export type TokenReview =
  | {
      readonly isValid: true;
      readonly namespace: string;
      readonly serviceAccount: string;
      readonly expiresAtMs: number;
    }
  | { readonly isValid: false; readonly why: string };

/** Who can tell whether a token is genuine: the Kubernetes API (TokenReview), or the local issuer. */
export interface TokenReviewer {
  /** Throws where it cannot tell, which is not the same as a bad token. */
  review(token: string, audience: string): Promise<TokenReview>;
}

/** What Istio's projected tokens are made for. */
export const CA_AUDIENCE = 'istio-ca';

/** Kubernetes' name of a service account. */
export function parseServiceAccountSubject(
  subject: string,
): { readonly namespace: string; readonly serviceAccount: string } | undefined {
  const [, namespace, serviceAccount] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(subject) ?? [];
  return namespace === undefined || serviceAccount === undefined ? undefined : { namespace, serviceAccount };
}
