import type * as z from 'zod';
import { type AnyResource, kindFor } from '../resources/kinds.ts';
import { readMetadata } from '../resources/metadata.ts';
import { Report } from '../resources/report.ts';
import type { RawObject } from './raw-objects.ts';

const MAX_ROUNDS = 4;

/**
 * An object that Foresail refuses, read for analysis alone: fields that do not exist are passed over, as istioctl
 * passes them over, and the rules between fields do not count. Undefined where its shape is too far off.
 */
export function refusedResource({
  fields,
  apiVersion,
  kind,
  namespace,
  name,
  subject,
}: RawObject): AnyResource | undefined {
  const definition = kindFor(apiVersion, kind);
  if (definition === undefined) return undefined;
  const report = new Report(subject.originOf);
  const metadata = readMetadata(fields, definition, { namespace, name }, report);
  const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, status: _status, ...body } = fields;
  const parsed = withoutUnknown(definition.schema, body);
  if (metadata === undefined || parsed === undefined) return undefined;
  return { apiVersion, kind, metadata, ...parsed, originOf: subject.originOf } as AnyResource;
}

function withoutUnknown(schema: z.ZodType, given: object): object | undefined {
  const body: unknown = structuredClone(given);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data as object;
    const unknown = parsed.error.issues.filter((issue) => issue.code === 'unrecognized_keys');
    if (unknown.length === 0) return undefined;
    for (const { path, keys } of unknown) {
      const holder = path.reduce<unknown>(
        (value, part) => (value as Record<PropertyKey, unknown> | undefined)?.[part],
        body,
      );
      if (typeof holder !== 'object' || holder === null) return undefined;
      for (const key of keys) Reflect.deleteProperty(holder, key);
    }
  }
  return undefined;
}
