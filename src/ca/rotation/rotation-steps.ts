import type { CaState, RotationState } from '../authority/ca-state.ts';
import { CaError } from '../ca-error.ts';

/**
 * The steps of a root rotation, as functions from state to state. A state is written whole, so wherever a process dies,
 * the next one finds a step done or not begun.
 */
export function beginRotation(state: CaState, newIssuer: string, nowMs: number): CaState {
  if (state.rotation !== undefined) {
    throw new CaError('bad-state', `a rotation is in phase ${state.rotation.phase} already`, {
      fix: '`foresail ca status` shows what it waits for; `foresail ca rotate --abort` gives it up.',
    });
  }
  if (state.issuers.includes(newIssuer)) throw new CaError('bad-state', 'the new issuer is the one in use');
  return {
    ...state,
    issuers: [state.active, newIssuer],
    rotation: { phase: 'distribute', from: state.active, to: newIssuer, startedAtMs: nowMs, phaseSinceMs: nowMs },
  };
}

/** The step after the current phase's gate has opened. */
export function nextStep(state: CaState, nowMs: number): CaState {
  const rotation = currentRotation(state);
  const { from, to, startedAtMs } = rotation;
  switch (rotation.phase) {
    case 'distribute':
      return { ...state, active: to, rotation: { phase: 'renew', from, to, startedAtMs, phaseSinceMs: nowMs } };
    case 'renew':
      return {
        ...state,
        issuers: [to],
        revoked: state.revoked.filter(({ issuer }) => issuer !== from),
        rotation: { phase: 'retire', from, to, startedAtMs, phaseSinceMs: nowMs },
      };
    case 'retire': {
      const { rotation: _, ...rest } = state;
      return rest;
    }
  }
}

/** Back to the old issuer. Where leaves of the new one are out already, that is a rotation in the other direction. */
export function abortRotation(state: CaState, nowMs: number): CaState {
  const { phase, from, to, startedAtMs } = currentRotation(state);
  switch (phase) {
    case 'distribute': {
      const { rotation: _, ...rest } = state;
      return { ...rest, issuers: [from] };
    }
    case 'renew':
      return { ...state, active: from, rotation: { phase, from: to, to: from, startedAtMs, phaseSinceMs: nowMs } };
    case 'retire':
      throw new CaError('bad-state', 'the old root is no longer trusted', { fix: 'Let it end, then rotate again.' });
  }
}

export function skipGate(state: CaState): CaState {
  return { ...state, rotation: { ...currentRotation(state), skipGate: true } };
}

function currentRotation({ rotation }: CaState): RotationState {
  if (rotation === undefined) throw new CaError('bad-state', 'no rotation is under way');
  return rotation;
}
