import { SnapshotError, type SnapshotErrorCode } from './errors.ts';
import type { SnapshotRoot } from './format.ts';
import type { LoadedSnapshot } from './loaded.ts';
import { messageOf } from './piece-source.ts';

export interface ReaderStatus {
  /** What serves; undefined: nothing good was ever found. */
  readonly version: number | undefined;
  readonly hash: string | undefined;
  readonly createdAtMs: number | undefined;
  /** Of the newest root that was accepted; more than `version` while its pieces are not all visible. */
  readonly announcedVersion: number | undefined;
  readonly loadedBuckets: number;
  readonly totalBuckets: number;
  readonly lastGoodMs: number | undefined;
  /** Why a newer configuration (or any) is not taken. */
  readonly problem: ReaderProblem | undefined;
}

export interface ReaderProblem {
  readonly code: SnapshotErrorCode | 'bug';
  readonly message: string;
  readonly sinceMs: number;
}

/** Remembers how reading goes. */
export class StatusBoard {
  #lastGoodMs: number | undefined;
  #problem: ReaderProblem | undefined;

  good(nowMs: number): void {
    this.#lastGoodMs = nowMs;
    this.#problem = undefined;
  }

  problem(error: unknown, nowMs: number): void {
    const code = error instanceof SnapshotError ? error.code : 'bug';
    const message = messageOf(error);
    const isSame = this.#problem?.code === code && this.#problem.message === message;
    if (!isSame) this.#problem = { code, message, sinceMs: nowMs };
  }

  status(current: LoadedSnapshot | undefined, root: SnapshotRoot | undefined): ReaderStatus {
    return {
      version: current?.version,
      hash: current?.info.hash,
      createdAtMs: current?.info.createdAtMs,
      announcedVersion: root?.version,
      loadedBuckets: current?.buckets.size ?? 0,
      totalBuckets: current?.info.content.buckets.length ?? 0,
      lastGoodMs: this.#lastGoodMs,
      problem: this.#problem,
    };
  }
}
