import { asFields } from '../../../resources/metadata.ts';

/** An object as the API server sent it, and what it is known by. */
export interface ObservedObject {
  /** `namespace/name`, or `/name` of what has no namespace. */
  readonly key: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly object: Readonly<Record<string, unknown>>;
}

/** Undefined: no object, by any reading. */
export function readObserved(value: unknown): ObservedObject | undefined {
  const object = asFields(value);
  const metadata = asFields(object?.metadata);
  if (object === undefined || metadata === undefined || typeof metadata.name !== 'string') return undefined;
  const { namespace, name, uid, resourceVersion } = metadata;
  return {
    key: `${typeof namespace === 'string' ? namespace : ''}/${name}`,
    uid: typeof uid === 'string' ? uid : '',
    resourceVersion: typeof resourceVersion === 'string' ? resourceVersion : '',
    object,
  };
}
