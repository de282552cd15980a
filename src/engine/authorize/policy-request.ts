import type { RequestFacts } from '../facts.ts';
import type { VerifiedToken } from '../jwt/token.ts';

/** What policies decide by. */
export interface PolicyRequest {
  readonly facts: RequestFacts;
  /** Normalised, without query. */
  readonly path: string;
  readonly token: VerifiedToken | undefined;
  /** A header or pseudo-header by lower-case name, as filters in front of the policies left it; null when absent. */
  header(name: string): string | null;
  /** Bits of `Unknowable`; absent at a gateway, where nothing is unknown. */
  readonly unknown?: number;
  /** Headers that others set between here and the policies. */
  readonly isHeaderUnknown?: (name: string) => boolean;
}

/** Facts that can only be known where the policies are enforced. */
export const Unknowable = {
  peer: 1,
  peerAddress: 2,
  clientAddress: 4,
  token: 8,
  destinationAddress: 16,
  destinationPort: 32,
  sni: 64,
} as const;

export function isUnknown(request: PolicyRequest, bit: number): boolean {
  const { unknown } = request;
  return unknown !== undefined && (unknown & bit) !== 0;
}
