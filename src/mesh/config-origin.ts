import type { ConfigOrigin } from '../engine/config.ts';
import type { Origin } from '../resources/origin.ts';
import type { FieldPath } from '../resources/resource.ts';

/** The origin of a field, in the engine's form. */
export function configOrigin(resource: { originOf(path?: FieldPath): Origin }, path: FieldPath = []): ConfigOrigin {
  const { column: _, ...origin } = resource.originOf(path);
  return origin;
}
