import type { ConfigOrigin } from '../../engine/values.ts';
import { configOrigin } from '../../mesh/config-origin.ts';
import type { Mesh } from '../../mesh/model.ts';
import { kinds } from '../../resources/kinds.ts';
import type { FieldPath } from '../../resources/resource.ts';

/**
 * The line of a field of a VirtualService's rule (`timeout`, `rewrite`), where the compiled rule only knows its own.
 * Falls back to that.
 */
export function ruleFieldOrigin(mesh: Mesh | undefined, rule: ConfigOrigin, ...field: FieldPath): ConfigOrigin {
  const path = /^spec\.http\[(\d+)\]/.exec(rule.path ?? '');
  if (mesh === undefined || rule.kind !== 'VirtualService' || path === null) return rule;
  const service = mesh.resources
    .of(kinds.virtualService)
    .find(({ metadata }) => metadata.name === rule.name && metadata.namespace === rule.namespace);
  if (service === undefined) return rule;
  const found = configOrigin(service, ['spec', 'http', Number(path[1]), ...field]);
  return found.line === undefined ? rule : found;
}
