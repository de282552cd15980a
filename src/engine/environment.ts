import type { RequestFacts } from './facts.ts';
import type { ExternalAuthorizerConfig } from './policy-config.ts';
import type { EngineRequest } from './request.ts';

/** Everything the engine needs from outside. The engine itself does no I/O and reads no clock and no dice. */
export interface Environment {
  nowMs(): number;
  /** In [0, 1). */
  random(): number;
  /** A fresh value for `x-request-id`. */
  newRequestId(): string;
  /** Told of the request once it is understood, for who writes of it later. */
  understood?(request: EngineRequest): void;
  /** Asks an external authorizer; resolves, never rejects. */
  authorizeExternally(check: ExternalCheck): Promise<ExternalVerdict>;
  /**
   * One bounded refetch of a key set when a token names an unknown key id; undefined when it is not allowed now
   * (cooldown) or failed. Never called while a known key fits.
   */
  refetchJwks(uri: string): Promise<readonly Readonly<Record<string, unknown>>[] | undefined>;
}

export interface ExternalCheck {
  readonly provider: ExternalAuthorizerConfig;
  readonly facts: RequestFacts;
  /** The normalised path with query. */
  readonly target: string;
}

export type ExternalVerdict =
  | {
      readonly kind: 'allow';
      readonly headersToUpstream: readonly (readonly [string, string])[];
      readonly headersToDownstream: readonly (readonly [string, string])[];
    }
  | {
      readonly kind: 'deny';
      readonly status: number;
      readonly body: string;
      readonly headers: readonly (readonly [string, string])[];
    }
  | { readonly kind: 'error'; readonly why: string };
