import { z } from 'zod';
import { CaError } from '../ca-error.ts';

export const STATE_FILE = 'state.json';

const rotationSchema = z.object({
  /** `distribute` the new root, `renew` leaves under it, `retire` the old root. */
  phase: z.enum(['distribute', 'renew', 'retire']),
  from: z.string(),
  to: z.string(),
  startedAtMs: z.number(),
  phaseSinceMs: z.number(),
  /** Somebody decided not to wait for this phase's gate. */
  skipGate: z.boolean().optional(),
});

const stateSchema = z.object({
  format: z.literal(1),
  trustDomain: z.string(),
  /** The issuer that signs. */
  active: z.string(),
  /** The issuers whose roots are trusted. */
  issuers: z.array(z.string()).min(1),
  rotation: rotationSchema.optional(),
  revoked: z.array(z.object({ serial: z.string(), issuer: z.string(), revokedAtMs: z.number() })),
  crlNumber: z.number(),
});

export type RotationState = z.infer<typeof rotationSchema>;
export type RotationPhase = RotationState['phase'];
export type CaState = z.infer<typeof stateSchema>;

export function parseCaState(text: string, storeName: string): CaState {
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new CaError('bad-state', `${STATE_FILE} in ${storeName} cannot be read`, {
      fix: 'Bring it back from a backup; the issuers beside it are intact.',
      cause,
    });
  }
}

export function formatCaState(state: CaState): string {
  return `${JSON.stringify(state, undefined, 2)}\n`;
}
