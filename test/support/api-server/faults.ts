import type { ApiError } from './api-error.ts';

export type Wanted = (request: { readonly method: string; readonly url: URL }) => boolean;

/** What can go wrong on demand. Tests set it; nothing does by itself. */
export class Faults {
  /** Before every list is answered. */
  listDelayMs = 0;
  /** Every event of a watch is delivered this often. */
  deliveries = 1;
  /** An event of a watch waits for the next one and comes after it; given the draw of each event, in [0, 1). */
  reorder: (() => boolean) | undefined;
  /** Added to the clock by which objects are stamped and tokens judged. */
  clockSkewMs = 0;
  /** False: `sendInitialEvents` is refused, as by servers without the feature. */
  hasWatchList = true;
  /** False: no bookmarks, as from a server that does not support them. */
  hasBookmarks = true;
  /** A watch from a forgotten version is answered with HTTP 410, not with an event that says so. */
  goneAsStatus = false;
  readonly #failures: { wanted: Wanted; error: ApiError; left: number }[] = [];

  /** The next `times` requests that are wanted fail so. */
  fail(wanted: Wanted, error: ApiError, times = 1): void {
    this.#failures.push({ wanted, error, left: times });
  }

  take(request: { readonly method: string; readonly url: URL }): ApiError | undefined {
    const failure = this.#failures.find(({ wanted, left }) => left > 0 && wanted(request));
    if (failure === undefined) return undefined;
    failure.left -= 1;
    return failure.error;
  }
}
