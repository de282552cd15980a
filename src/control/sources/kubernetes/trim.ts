import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { KindDefinition } from '../../../resources/kind.ts';
import { asFields } from '../../../resources/metadata.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What kubectl keeps of its own in every object that it applied. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * The object without what the mesh does not read: the bookkeeping of the API server and of field managers, and a status
 * where no schema has one. So a change of status alone is no change.
 */
export function trimObject(object: Fields, definition: KindDefinition): Fields {
  const { metadata, apiVersion, kind: _kind, status, ...body } = object;
  const { managedFields: _fields, resourceVersion: _version, selfLink: _link, ...rest } = asFields(metadata) ?? {};
  const { annotations } = rest;
  const { [LAST_APPLIED]: _applied, ...kept } = asFields(annotations) ?? {};
  const [version] = definition.versions;
  const isPartial = apiVersion === undefined || apiVersion === 'meta.k8s.io/v1';
  return {
    // Items of a list do not say what they are; of those that are only metadata nothing else is known.
    apiVersion: isPartial ? joinApiVersion(definition.group, version) : apiVersion,
    kind: definition.kind,
    metadata: annotations === undefined ? rest : { ...rest, annotations: kept },
    ...body,
    ...(status !== undefined && readsStatus(definition) ? { status } : {}),
  };
}

/** Equal for objects that trimmed are the same. */
export function fingerprint(trimmed: Fields): string {
  return createHash('sha1').update(JSON.stringify(trimmed)).digest('base64');
}

function readsStatus({ schema }: KindDefinition): boolean {
  return schema instanceof z.ZodObject && 'status' in schema.shape;
}

function joinApiVersion(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}
