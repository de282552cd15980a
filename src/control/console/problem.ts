import { SnapshotError } from '../../snapshot/errors.ts';
import { StoreError } from '../../store/config-store.ts';
import { PublishError } from '../publish-error.ts';
import type { ProblemView } from './wire.ts';

/** What is told of an error; of one that nobody has foreseen only that it was one. */
export function problemOf(error: unknown): { readonly status: 400 | 409 | 500 | 502; readonly problem: ProblemView } {
  if (error instanceof PublishError) {
    return { status: 409, problem: { error: error.message, why: error.why, fix: error.fix } };
  }
  if (error instanceof StoreError) {
    return { status: 502, problem: { error: error.message, why: error.why, fix: error.fix } };
  }
  if (error instanceof SnapshotError) {
    return { status: 502, problem: { error: 'the version cannot be read', why: error.message } };
  }
  if (error instanceof RangeError || error instanceof TypeError) {
    return { status: 400, problem: { error: error.message } };
  }
  return { status: 500, problem: { error: 'the console failed at this', fix: 'Try again; the log may say more.' } };
}
