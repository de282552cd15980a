import { fromBinary, toJson } from '@bufbuild/protobuf';
import type { XdsResource } from '../../src/xds/resource.ts';
import { typeRegistry } from '../../src/xds/type-registry.ts';

/** A resource as JSON, for golden files and people. */
export function shown({ typeUrl, bytes }: XdsResource): unknown {
  const schema = typeRegistry.getMessage(typeUrl.slice(typeUrl.indexOf('/') + 1));
  if (schema === undefined) throw new Error(`unknown type ${typeUrl}`);
  return toJson(schema, fromBinary(schema, bytes), { registry: typeRegistry, useProtoFieldName: true });
}
