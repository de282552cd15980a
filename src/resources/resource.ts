import type { Origin } from './origin.ts';

/** `metadata` of a Kubernetes object, trimmed to what the mesh uses. */
export interface ObjectMeta {
  readonly name: string;
  /** Empty for cluster-scoped kinds; `default` when a namespaced object names none. */
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch, second granularity as in Kubernetes; 0 when the object has none (a file). */
  readonly creationTimestampMs: number;
  readonly generation?: number;
  readonly resourceVersion?: string;
  readonly uid?: string;
  readonly deletionTimestamp?: string;
  readonly ownerReferences?: readonly OwnerReference[];
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly controller?: boolean;
}

export type FieldPath = readonly (string | number)[];

/**
 * One object that a user wrote, parsed and structurally valid. `B` is the part beside `apiVersion`, `kind` and
 * `metadata`: `{ spec }` for most kinds, `{ data }` for a ConfigMap.
 */
export type Resource<K extends string = string, B = unknown> = B & {
  readonly apiVersion: string;
  readonly kind: K;
  readonly metadata: ObjectMeta;
  /** The origin of a field of this object; the object itself when the path is empty or not in the file. */
  readonly originOf: (path?: FieldPath) => Origin;
};

/** `spec.http[0].route` for `['spec', 'http', 0, 'route']`; keys that are no identifiers are bracketed. */
export function formatPath(path: FieldPath): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}
