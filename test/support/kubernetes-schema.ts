import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as models from '@kubernetes/client-node';
import { asFields } from '../../src/resources/metadata.ts';

const MODELS: ReadonlyMap<string, unknown> = new Map(Object.entries(models));
const DECLARATIONS = join(dirname(createRequire(import.meta.url).resolve('@kubernetes/client-node')), 'gen/models');

interface Attribute {
  readonly baseName: string;
  readonly type: string;
}

/** Fields whose values the API server compares with a list; the models only tell of them in prose. */
const ENUMS: Readonly<Record<string, readonly string[]>> = {
  'V1Container.imagePullPolicy': ['Always', 'IfNotPresent', 'Never'],
  'V1ContainerPort.protocol': ['TCP', 'UDP', 'SCTP'],
  'V1EmptyDirVolumeSource.medium': ['', 'Memory', 'HugePages'],
  'V1LabelSelectorRequirement.operator': ['In', 'NotIn', 'Exists', 'DoesNotExist'],
  'V1MutatingWebhook.failurePolicy': ['Fail', 'Ignore'],
  'V1MutatingWebhook.reinvocationPolicy': ['Never', 'IfNeeded'],
  'V1MutatingWebhook.sideEffects': ['None', 'NoneOnDryRun'],
  'V1PodSpec.restartPolicy': ['Always', 'OnFailure', 'Never'],
  'V1RuleWithOperations.operations': ['CREATE', 'UPDATE', 'DELETE', 'CONNECT', '*'],
  'V1RuleWithOperations.scope': ['*', 'Cluster', 'Namespaced'],
  'V1SeccompProfile.type': ['RuntimeDefault', 'Unconfined', 'Localhost'],
  'V1ServicePort.protocol': ['TCP', 'UDP', 'SCTP'],
  'V1ServiceSpec.type': ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'],
  'V1TopologySpreadConstraint.whenUnsatisfiable': ['DoNotSchedule', 'ScheduleAnyway'],
  'V1ValidatingWebhook.failurePolicy': ['Fail', 'Ignore'],
  'V1ValidatingWebhook.sideEffects': ['None', 'NoneOnDryRun'],
};

const PRIMITIVES: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  any: () => true,
  object: () => true,
  Date: (value) => typeof value === 'string',
  V1MicroTime: (value) => typeof value === 'string',
  IntOrString: (value) => typeof value === 'string' || Number.isInteger(value),
};

/**
 * What is wrong with an object by Kubernetes' published API: fields that do not exist or are missing, values of another type. Custom resources
 * have no class here and count as correct.
 */
export function schemaProblems(object: unknown): string[] {
  const { apiVersion, kind } = asFields(object) ?? {};
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return ['no object of Kubernetes'];
  const version = apiVersion.split('/').at(-1) ?? '';
  const name = `${version.charAt(0).toUpperCase()}${version.slice(1)}${kind}`;
  const attributes = attributesOf(name);
  if (attributes === undefined) return isBuiltIn(apiVersion) ? [`${apiVersion} ${kind} is not known`] : [];
  return check(object, name, kind);
}

/** Whether the group is of Kubernetes itself. */
function isBuiltIn(apiVersion: string): boolean {
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
  return !group.includes('.') || (group.endsWith('.k8s.io') && group !== 'gateway.networking.k8s.io');
}

function check(value: unknown, type: string, path: string): string[] {
  if (value === undefined) return [];
  const [, element] = /^Array<(.+)>$/.exec(type) ?? [];
  if (element !== undefined) {
    if (!Array.isArray(value)) return [`${path}: no list`];
    return value.flatMap((item, index) => check(item, element, `${path}[${index}]`));
  }
  const [, valueType] = /^\{ \[key: string\]: (.+); \}$/.exec(type) ?? [];
  const fields = asFields(value);
  if (valueType !== undefined) {
    if (fields === undefined) return [`${path}: no mapping`];
    return Object.entries(fields).flatMap(([key, item]) => check(item, valueType, `${path}[${key}]`));
  }
  const isPrimitive = PRIMITIVES[type];
  if (isPrimitive !== undefined) return isPrimitive(value) ? [] : [`${path}: ${JSON.stringify(value)} is no ${type}`];
  const attributes = attributesOf(type);
  if (attributes === undefined) return typeof value === 'string' ? [] : [`${path}: the type ${type} is not known`];
  if (fields === undefined) return [`${path}: no mapping`];
  const missing = requiredFields(type).filter((key) => fields[key] === undefined);
  return [
    ...missing.map((key) => `${path}: ${key} is required`),
    ...Object.entries(fields).flatMap(([key, item]) => {
      const attribute = attributes.find(({ baseName }) => baseName === key);
      if (attribute === undefined) return [`${path}: there is no field ${key}`];
      const allowed = ENUMS[`${type}.${key}`];
      const given = item === undefined ? [] : Array.isArray(item) ? item : [item];
      const stray = allowed === undefined ? [] : given.filter((one) => !allowed.includes(String(one)));
      return [
        ...stray.map((one) => `${path}.${key}: ${String(one)} is none of ${allowed?.join(', ')}`),
        ...check(item, attribute.type, `${path}.${key}`),
      ];
    }),
  ];
}

const required = new Map<string, readonly string[]>();

/** What the declarations have without a question mark. */
function requiredFields(type: string): readonly string[] {
  let fields = required.get(type);
  if (fields === undefined) {
    const file = join(DECLARATIONS, `${type}.d.ts`);
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    fields = [...text.matchAll(/^ {4}'(\w+)': /gm)].map(([, name]) => name ?? '');
    required.set(type, fields);
  }
  return fields;
}

function attributesOf(name: string): readonly Attribute[] | undefined {
  const model = MODELS.get(name);
  if (typeof model !== 'function' || !('getAttributeTypeMap' in model)) return undefined;
  const { getAttributeTypeMap } = model;
  return typeof getAttributeTypeMap === 'function' ? getAttributeTypeMap.call(model) : undefined;
}
