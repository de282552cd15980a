import * as z from 'zod';
import type { KindDefinition } from '../../../resources/kind.ts';
import { kinds } from '../../../resources/kinds.ts';
import type { KubeObject } from '../kube-object.ts';
import { KIND_FACTS } from './kind-facts.ts';
import { type StructuralSchema, structuralSchema } from './structural-schema.ts';

/** Groups whose definitions Foresail brings along. Those of the Gateway API come from their own project. */
const GROUPS: ReadonlySet<string> = new Set([
  'networking.istio.io',
  'security.istio.io',
  'telemetry.istio.io',
  'extensions.istio.io',
]);

/** By file name: one CustomResourceDefinition for each kind of Istio's API, made from the schema that reads the kind. */
export function customResourceDefinitions(): ReadonlyMap<string, KubeObject> {
  const ours: readonly KindDefinition[] = Object.values(kinds).filter(({ group }) => GROUPS.has(group));
  return new Map(ours.map((kind) => [`${kind.group}_${kind.plural}.yaml`, definitionOf(kind)]));
}

function definitionOf(definition: KindDefinition): KubeObject {
  const { group, kind, plural, versions, namespaced } = definition;
  const { shortNames = [], columns = [] } = KIND_FACTS[kind] ?? {};
  const openAPIV3Schema = wholeSchema(definition);
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      // A revision that goes must not take everybody's configuration with it.
      annotations: { 'helm.sh/resource-policy': 'keep' },
      labels: {
        'app.kubernetes.io/managed-by': 'foresail',
        'app.kubernetes.io/part-of': 'foresail',
        'foresail.dev/component': 'base',
      },
    },
    spec: {
      group,
      names: {
        categories: ['istio-io', group.replaceAll('.', '-')],
        kind,
        listKind: `${kind}List`,
        plural,
        ...(shortNames.length > 0 && { shortNames }),
        singular: kind.toLowerCase(),
      },
      scope: namespaced ? 'Namespaced' : 'Cluster',
      versions: versions.map((name, index) => ({
        name,
        served: true,
        storage: index === 0,
        subresources: { status: {} },
        ...(columns.length > 0 && { additionalPrinterColumns: columns }),
        schema: { openAPIV3Schema },
      })),
    },
  };
}

function wholeSchema({ kind, schema }: KindDefinition): StructuralSchema {
  if (!(schema instanceof z.ZodObject)) throw new TypeError(`the schema of ${kind} is no object`);
  const { rules = [] } = KIND_FACTS[kind] ?? {};
  const { properties = {}, required } = structuralSchema(schema) as {
    properties?: Record<string, object>;
    required?: readonly string[];
  };
  const spec = { ...properties.spec, ...(rules.length > 0 && { 'x-kubernetes-validations': rules }) };
  return {
    type: 'object',
    ...(required !== undefined && required.length > 0 && { required }),
    properties: {
      ...properties,
      spec,
      status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    },
  };
}
