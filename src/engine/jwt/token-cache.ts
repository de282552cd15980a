import { hasElapsed } from '../elapsed.ts';
import type { TokenFailure } from './failure.ts';
import {
  MAX_CACHED_CHARACTERS,
  MAX_CACHED_REFUSAL_CHARACTERS,
  MAX_CACHED_REFUSALS,
  MAX_CACHED_TOKEN_LENGTH,
  MAX_CACHED_TOKENS,
  REFUSAL_TTL_MS,
} from './limits.ts';
import { Lru } from './lru.ts';
import { type ParsedToken, parseToken } from './parse-token.ts';
import type { VerifiedToken } from './token.ts';

/** What a rule makes of a token that it verified. */
export interface Verification {
  readonly token: VerifiedToken;
  /** Headers to add for it. */
  readonly outputs: readonly (readonly [name: string, value: string])[];
}

/** Under which a verification holds: a rule together with the keys that it had. Compared by identity. */
export interface Verifying {
  readonly issuer: string;
}

interface Entry {
  readonly parsed: ParsedToken;
  /** More than one only when several rules accept the same issuer. */
  readonly verifications: Map<Verifying, Verification>;
}

interface Refusal {
  readonly by: Verifying;
  readonly failure: TokenFailure;
  readonly atMs: number;
}

/**
 * Tokens whose signature has been checked. Times are not part of what is remembered: a token that was good may have
 * expired since, so whoever asks checks them again.
 */
export class TokenCache {
  readonly #verified = new Lru<Entry>(MAX_CACHED_TOKENS, MAX_CACHED_CHARACTERS);
  readonly #refused = new Lru<Refusal>(MAX_CACHED_REFUSALS, MAX_CACHED_REFUSAL_CHARACTERS);
  #lastToken: string | undefined;
  #lastParsed: ParsedToken | TokenFailure = 'bad-format';
  #lastEntry: Entry | undefined;

  /** Several rules look at the same token one after the other: it is taken apart once. */
  parse(token: string): ParsedToken | TokenFailure {
    if (token !== this.#lastToken) {
      this.#lastEntry = this.#verified.get(token);
      this.#lastParsed = this.#lastEntry?.parsed ?? parseToken(token);
      this.#lastToken = token;
    }
    return this.#lastParsed;
  }

  verification(token: string, by: Verifying): Verification | undefined {
    const entry = token === this.#lastToken ? this.#lastEntry : this.#verified.get(token);
    return entry?.verifications.get(by);
  }

  keep(token: string, parsed: ParsedToken, by: Verifying, verification: Verification): void {
    if (token.length > MAX_CACHED_TOKEN_LENGTH) return;
    const entry = this.#verified.get(token);
    if (entry !== undefined && entry.verifications.size < 8) {
      entry.verifications.set(by, verification);
      return;
    }
    this.#verified.set(token, { parsed, verifications: new Map([[by, verification]]) });
    this.#lastToken = undefined;
  }

  refusal(token: string, by: Verifying, nowMs: number): TokenFailure | undefined {
    const refusal = this.#refused.get(token);
    if (refusal === undefined || refusal.by !== by) return undefined;
    return hasElapsed(refusal.atMs, REFUSAL_TTL_MS, nowMs) ? undefined : refusal.failure;
  }

  refuse(token: string, by: Verifying, failure: TokenFailure, nowMs: number): void {
    if (token.length > MAX_CACHED_TOKEN_LENGTH) return;
    this.#refused.set(token, { by, failure, atMs: nowMs });
  }
}

/** One for all rules, so that its bounds hold however many rules there are. */
export const sharedTokenCache = new TokenCache();
