import type { KindDefinition } from './kind.ts';
import type { Report } from './report.ts';
import type { ObjectMeta, OwnerReference } from './resource.ts';
import { isDns1123Label, isDns1123Subdomain, labelKeyProblem, labelValueProblem } from './scalars/label.ts';
import { describeGiven, quoteHint } from './schema-findings.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Kinds whose names become DNS labels themselves. */
const LABEL_NAMED = new Set(['Namespace', 'Service']);

export interface Identity {
  readonly name: string;
  readonly namespace: string;
}

/** Name and namespace as far as they can be told, for findings about an object that is otherwise broken. */
export function identityOf(object: Fields, namespaced: boolean, defaultNamespace: string): Identity {
  const metadata = asFields(object.metadata);
  const name = typeof metadata?.name === 'string' ? metadata.name : '';
  const namespace =
    typeof metadata?.namespace === 'string' && metadata.namespace !== '' ? metadata.namespace : defaultNamespace;
  return { name, namespace: namespaced ? namespace : '' };
}

/** Reads `metadata` as the API server would, and reports what that would refuse. */
export function readMetadata(
  object: Fields,
  definition: KindDefinition,
  identity: Identity,
  report: Report,
): ObjectMeta | undefined {
  const metadata = asFields(object.metadata);
  if (metadata === undefined) {
    report.error(['metadata'], 'metadata: this field is required');
    return undefined;
  }
  checkName(metadata, definition, report);
  checkNamespace(metadata, definition, report);
  const labels = readStrings(metadata.labels, 'labels', report);
  const annotations = readStrings(metadata.annotations, 'annotations', report);
  checkLabels(labels, report);
  const ownerReferences = readOwners(metadata.ownerReferences);
  const deletionTimestamp = asText(metadata.deletionTimestamp);
  const resourceVersion = asText(metadata.resourceVersion);
  const uid = asText(metadata.uid);
  return {
    ...identity,
    labels,
    annotations,
    creationTimestampMs: readTimestamp(metadata.creationTimestamp),
    ...(typeof metadata.generation === 'number' && { generation: metadata.generation }),
    ...(resourceVersion !== undefined && { resourceVersion }),
    ...(uid !== undefined && { uid }),
    ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    ...(ownerReferences !== undefined && { ownerReferences }),
  };
}

function checkName(metadata: Fields, definition: KindDefinition, report: Report): void {
  const { name } = metadata;
  const path = ['metadata', 'name'];
  if (name === undefined || name === null || name === '') {
    const isGenerated = typeof metadata.generateName === 'string';
    report.error(
      path,
      isGenerated
        ? 'metadata.name: generateName is not supported in files; give the object a name'
        : 'metadata.name: this field is required',
    );
  } else if (typeof name !== 'string') {
    report.error(path, `metadata.name: expected a string, got ${describeGiven(name)}${quoteHint('string', name)}`);
  } else if (
    LABEL_NAMED.has(definition.kind)
      ? !(isDns1123Label(name) && name === name.toLowerCase())
      : !isDns1123Subdomain(name)
  ) {
    report.error(
      path,
      `metadata.name: "${name}" is not a valid name: lower-case letters, digits, "-"${LABEL_NAMED.has(definition.kind) ? '' : ' and "."'}`,
    );
  }
}

function checkNamespace(metadata: Fields, definition: KindDefinition, report: Report): void {
  const { namespace } = metadata;
  if (namespace === undefined || namespace === null || !definition.namespaced) return;
  const path = ['metadata', 'namespace'];
  if (typeof namespace !== 'string')
    report.error(
      path,
      `metadata.namespace: expected a string, got ${describeGiven(namespace)}${quoteHint('string', namespace)}`,
    );
  else if (namespace !== '' && !(isDns1123Label(namespace) && namespace === namespace.toLowerCase())) {
    report.error(path, `metadata.namespace: "${namespace}" is not a valid namespace name`);
  }
}

function readStrings(value: unknown, field: 'labels' | 'annotations', report: Report): Record<string, string> {
  if (value === undefined || value === null) return {};
  const fields = asFields(value);
  if (fields === undefined) {
    report.error(['metadata', field], `metadata.${field}: expected a mapping of strings`);
    return {};
  }
  const strings: Record<string, string> = {};
  for (const [key, text] of Object.entries(fields)) {
    if (typeof text === 'string') strings[key] = text;
    else if (text === null) strings[key] = '';
    else {
      report.error(
        ['metadata', field, key],
        `metadata.${field}: the value of "${key}" must be a string, got ${describeGiven(text)}${quoteHint('string', text)}`,
      );
    }
  }
  return strings;
}

function checkLabels(labels: Readonly<Record<string, string>>, report: Report): void {
  for (const [key, value] of Object.entries(labels)) {
    const problem = labelKeyProblem(key) ?? labelValueProblem(value);
    if (problem !== undefined) report.error(['metadata', 'labels', key], `metadata.labels: ${problem}`);
  }
}

/** Kubernetes keeps seconds; so do we, since "oldest wins" ties are decided by name then. */
function readTimestamp(value: unknown): number {
  if (typeof value !== 'string') return 0;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? 0 : Math.floor(ms / 1000) * 1000;
}

function readOwners(value: unknown): OwnerReference[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.flatMap((item: unknown) => {
    const owner = asFields(item);
    const { apiVersion, kind, name, controller } = owner ?? {};
    if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof name !== 'string') return [];
    return [{ apiVersion, kind, name, ...(typeof controller === 'boolean' && { controller }) }];
  });
}

export function asFields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
