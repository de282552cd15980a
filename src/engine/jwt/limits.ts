/** Envoy takes at most 60 KiB of request headers (max_request_headers_kb), so no token that it would verify is longer. */
export const MAX_TOKEN_LENGTH = 60 * 1024;

/** Tokens longer than this are verified, but never cached. */
export const MAX_CACHED_TOKEN_LENGTH = 8 * 1024;

/** Verified tokens that are remembered, and the characters that they may hold together. */
export const MAX_CACHED_TOKENS = 2048;
export const MAX_CACHED_CHARACTERS = 4 * 1024 * 1024;

/** Refused tokens have a small cache of their own: a flood of them must not push out the good ones. */
export const MAX_CACHED_REFUSALS = 256;
export const MAX_CACHED_REFUSAL_CHARACTERS = 256 * 1024;
/** Short, because keys may have been rotated in the meantime. */
export const REFUSAL_TTL_MS = 10_000;

/** Keys tried for one token; only sets of many keys without ids ever come near. */
export const MAX_KEYS_TRIED = 32;

/** Allowed difference of clocks, Envoy's default (ISTIO.md 1.9). */
export const CLOCK_SKEW_SECONDS = 60;

/** Envoy cuts the path in the realm of WWW-Authenticate. */
export const MAX_REALM_PATH_LENGTH = 256;
