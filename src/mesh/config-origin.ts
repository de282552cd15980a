import type { ConfigOrigin } from '../engine/values.ts';
import type { Origin } from '../resources/origin.ts';
import type { FieldPath } from '../resources/resource.ts';

/**
 * The origin of a field, in the engine's form. It knows where its object begins: what is published tells lines
 * relative to that, so that an edit further up in a file changes nothing below.
 */
export function configOrigin(resource: { originOf(path?: FieldPath): Origin }, path: FieldPath = []): ConfigOrigin {
  const { column: _, ...origin } = resource.originOf(path);
  const objectLine = path.length === 0 ? origin.line : resource.originOf().line;
  return objectLine === undefined ? origin : { ...origin, objectLine };
}
