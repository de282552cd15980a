import type { V1Pod } from '@kubernetes/client-node';
import { kinds } from '../../resources/kinds.ts';
import { asFields } from '../../resources/metadata.ts';

/** Whether something has the shape of a pod in all that injection looks at. What it passes on it does not look into. */
export function isPod(value: unknown): value is V1Pod {
  const fields = asFields(value);
  if (fields === undefined) return false;
  const { metadata = {}, spec } = fields;
  const meta = asFields(metadata);
  return (
    meta !== undefined &&
    isStringMap(meta.labels) &&
    isStringMap(meta.annotations) &&
    (meta.ownerReferences === undefined || Array.isArray(meta.ownerReferences)) &&
    kinds.pod.schema.safeParse({ spec }).success &&
    areObjects(asFields(spec)?.volumes) &&
    areObjects(asFields(spec)?.imagePullSecrets)
  );
}

function isStringMap(value: unknown): boolean {
  if (value === undefined) return true;
  const fields = asFields(value);
  return fields !== undefined && Object.values(fields).every((text) => typeof text === 'string');
}

function areObjects(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.every((item) => asFields(item) !== undefined));
}
