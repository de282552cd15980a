import type { ParityRequest } from './mesh-case.ts';
import type { Difference } from './observation.ts';

/** A difference that the edge's platform forces; everything else is a fault. */
export interface AllowedDifference {
  readonly name: string;
  readonly reason: string;
  readonly covers: (difference: Difference, request: ParityRequest) => boolean;
}

export const ALLOWED_DIFFERENCES: readonly AllowedDifference[] = [];
