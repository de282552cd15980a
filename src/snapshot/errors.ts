export type SnapshotErrorCode =
  | 'missing-root'
  | 'bad-root'
  | 'unknown-format'
  | 'unsigned'
  | 'bad-signature'
  | 'older-root'
  | 'missing-piece'
  | 'altered-piece'
  | 'bad-piece'
  | 'bad-key'
  | 'store';

/** Why a snapshot was not taken. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
  readonly code: SnapshotErrorCode;

  constructor(code: SnapshotErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
