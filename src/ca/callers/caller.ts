import type { WorkloadIdentity } from '../spiffe-id.ts';

/** Who a call comes from, and until when that is known. */
export interface Caller {
  readonly identity: WorkloadIdentity;
  readonly by: 'token' | 'certificate';
  readonly expiresAtMs: number;
}

/** Why nobody is recognised. The text may be told to the caller. */
export interface Unrecognised {
  readonly identity?: never;
  readonly why: string;
  /** The judge could not be asked; it is worth trying again. */
  readonly isTemporary?: boolean;
}
