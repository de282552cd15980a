/**
 * Why a token is refused: the exact bodies of Envoy 1.40's jwt_authn filter, checked against the binary. There is no
 * body for an absent token: Istio's requirements always let requests without one pass.
 */
const BODIES = {
  'bad-format': 'Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections',
  'header-base64': 'Jwt header is an invalid Base64url encoded',
  'header-json': 'Jwt header is an invalid JSON',
  'header-alg': 'Jwt header [alg] field is required and must be a string',
  'header-alg-unsupported': 'Jwt header [alg] is not supported',
  'header-kid': 'Jwt header [kid] field is not a string',
  'payload-base64': 'Jwt payload is an invalid Base64url encoded',
  'payload-json': 'Jwt payload is an invalid JSON',
  'payload-iss': 'Jwt payload [iss] field is not a string',
  'payload-sub': 'Jwt payload [sub] field is not a string',
  'payload-jti': 'Jwt payload [jti] field is not a string',
  'payload-iat': 'Jwt payload [iat] field is not an integer',
  'payload-iat-range': 'Jwt payload [iat] field is not a positive 64 bit integer',
  'payload-nbf': 'Jwt payload [nbf] field is not an integer',
  'payload-nbf-range': 'Jwt payload [nbf] field is not a positive 64 bit integer',
  'payload-exp': 'Jwt payload [exp] field is not an integer',
  'payload-exp-range': 'Jwt payload [exp] field is not a positive 64 bit integer',
  'payload-aud': 'Jwt payload [aud] field is not a string or string list',
  'signature-base64': 'Jwt signature is an invalid Base64url encoded',
  'unknown-issuer': 'Jwt issuer is not configured',
  'not-yet-valid': 'Jwt not yet valid',
  expired: 'Jwt is expired',
  audience: 'Audiences in Jwt are not allowed',
  'no-keys': "Jwks doesn't have any valid public key",
  'no-matching-key': "Jwks doesn't have key to match kid or alg from Jwt",
  'keys-unavailable': 'Jwks remote fetch is failed',
  'ed25519-length': 'Jwt ED25519 signature is wrong length',
  'bad-signature': 'Jwt verification fails',
} as const;

export type TokenFailure = keyof typeof BODIES;

export function bodyOf(failure: TokenFailure): string {
  return BODIES[failure];
}

/** 403 for a good token that is meant for somebody else, 401 for all others. */
export function statusOf(failure: TokenFailure): 401 | 403 {
  return failure === 'audience' ? 403 : 401;
}

/** Envoy's RESPONSE_CODE_DETAILS. */
export function detailsOf(failure: TokenFailure): string {
  return `jwt_authn_access_denied{${BODIES[failure].replaceAll(' ', '_')}}`;
}
