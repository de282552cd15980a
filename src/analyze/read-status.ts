import { asFields } from '../resources/metadata.ts';
import type { Subject } from './analysis-finding.ts';
import type { RawObject } from './raw-objects.ts';

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** The conditions that a controller has written into an object. */
export interface ObjectStatus extends Subject {
  /** `group/Kind`. */
  readonly groupKind: string;
  readonly conditions: readonly Condition[];
}

export function readStatus({ fields, groupKind, subject }: RawObject): ObjectStatus | undefined {
  const status = asFields(fields.status);
  if (status === undefined) return undefined;
  // Those of routes are one level deeper: for each parent.
  const parents = Array.isArray(status.parents) ? (status.parents as unknown[]).map(asFields) : [];
  const conditions = [status, ...parents].flatMap((holder) => conditionsOf(holder?.conditions));
  return conditions.length === 0 ? undefined : { ...subject, groupKind, conditions };
}

function conditionsOf(value: unknown): Condition[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown) => {
    const condition = asFields(item);
    if (condition === undefined) return [];
    const read = (name: string): string => String(condition[name] ?? '');
    return [{ type: read('type'), status: read('status'), reason: read('reason'), message: read('message') }];
  });
}
