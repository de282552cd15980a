import type * as z from 'zod';
import type { Report } from './report.ts';
import type { Resource } from './resource.ts';

/** One kind of the user-facing API: a file each, the schema in it, nothing else knows the fields. */
export interface KindDefinition<K extends string = string, S extends z.ZodType = z.ZodType> {
  readonly kind: K;
  /** Empty for the core group. */
  readonly group: string;
  /** Every served version; all have the same fields. The first is the storage version. */
  readonly versions: readonly [string, ...string[]];
  readonly plural: string;
  readonly namespaced: boolean;
  /** `strict`: our API, unknown fields are errors. `open`: a Kubernetes kind, of which only some fields are read. */
  readonly fields: 'strict' | 'open';
  /** Of the object without `apiVersion`, `kind` and `metadata`. */
  readonly schema: S;
  /** What the schema cannot say: the rules between fields, as Istio's validation webhook has them. */
  validate?(resource: Resource<K, z.output<S>>, report: Report): void;
}

export function defineKind<const K extends string, S extends z.ZodType>(
  definition: KindDefinition<K, S>,
): KindDefinition<K, S> {
  return definition;
}

/** The resource type that a kind definition stands for. */
export type ResourceOf<D> = D extends KindDefinition<infer K, infer S> ? Resource<K, z.output<S>> : never;
