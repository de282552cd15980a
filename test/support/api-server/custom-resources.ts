import { errors } from './api-error.ts';
import { type Fields, isFields, type KubeObject } from './kube-object.ts';
import type { ResourceType } from './resource-types.ts';

/** The resource that a CustomResourceDefinition brings. */
export function customType({ metadata, spec }: KubeObject): ResourceType {
  const what = `CustomResourceDefinition.apiextensions.k8s.io "${metadata.name}"`;
  if (!isFields(spec)) throw errors.invalid(what, 'spec: Required value');
  const { group, names, scope, versions } = spec;
  if (typeof group !== 'string' || !isFields(names) || !Array.isArray(versions)) {
    throw errors.invalid(what, 'spec: group, names and versions are required');
  }
  const { kind, plural, singular, shortNames } = names;
  if (typeof kind !== 'string' || typeof plural !== 'string') {
    throw errors.invalid(what, 'spec.names: kind and plural are required');
  }
  if (metadata.name !== `${plural}.${group}`) {
    throw errors.invalid(what, 'metadata.name: must be spec.names.plural+"."+spec.group');
  }
  const served = versions.filter(isFields).filter((version) => version.served === true);
  if (versions.filter((version) => isFields(version) && version.storage === true).length !== 1) {
    throw errors.invalid(what, 'spec.versions: must have exactly one version marked as storage version');
  }
  return {
    group,
    kind,
    plural,
    singular: typeof singular === 'string' && singular !== '' ? singular : kind.toLowerCase(),
    shortNames: Array.isArray(shortNames) ? shortNames.map(String) : [],
    namespaced: scope === 'Namespaced',
    versions: served.map((version) => String(version.name)),
    hasStatus: served.some(({ subresources }) => isFields(subresources) && subresources.status !== undefined),
    schemas: Object.fromEntries(served.map((version) => [String(version.name), schemaOf(version)])),
  };
}

function schemaOf({ schema }: Fields): Fields | undefined {
  const root = isFields(schema) ? schema.openAPIV3Schema : undefined;
  return isFields(root) ? root : undefined;
}

/** What the controller in a real server writes a moment after the definition was created. */
export function establishedStatus(definition: KubeObject, time: string): Fields {
  const spec = isFields(definition.spec) ? definition.spec : {};
  const versions = (Array.isArray(spec.versions) ? spec.versions : []).filter(isFields);
  const condition = (type: string, reason: string, message: string): Fields => ({
    type,
    status: 'True',
    reason,
    message,
    lastTransitionTime: time,
  });
  return {
    acceptedNames: spec.names,
    storedVersions: versions.filter(({ storage }) => storage === true).map(({ name }) => name),
    conditions: [
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
      condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
    ],
  };
}

/**
 * Fields that the schema does not know are dropped, as the API server drops them; objects with
 * `x-kubernetes-preserve-unknown-fields` keep all.
 */
export function prune(value: unknown, schema: Fields | undefined): unknown {
  if (schema === undefined) return value;
  if (Array.isArray(value)) {
    const items = isFields(schema.items) ? schema.items : undefined;
    return value.map((item) => prune(item, items));
  }
  if (!isFields(value)) return value;
  const properties = isFields(schema.properties) ? schema.properties : undefined;
  const additional = isFields(schema.additionalProperties) ? schema.additionalProperties : undefined;
  const keepsAll =
    schema['x-kubernetes-preserve-unknown-fields'] === true ||
    schema['x-kubernetes-int-or-string'] === true ||
    schema.additionalProperties === true;
  if (properties === undefined && additional === undefined && !keepsAll && schema.type !== 'object') return value;
  const result: Fields = {};
  for (const [key, field] of Object.entries(value)) {
    const known = properties?.[key];
    if (isFields(known)) result[key] = prune(field, known);
    else if (additional !== undefined) result[key] = prune(field, additional);
    else if (keepsAll) result[key] = field;
  }
  return result;
}

/** `prune` of a whole object: what it is and its metadata are not the schema's business. */
export function pruneObject(object: KubeObject, schema: Fields | undefined): KubeObject {
  if (schema === undefined) return object;
  const { apiVersion, kind, metadata, ...body } = object;
  return { apiVersion, kind, metadata, ...(prune(body, { type: 'object', ...schema }) as Fields) };
}
