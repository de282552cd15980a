import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { isKind, kindFor, kinds, resourcesOf } from '../../src/resources/kinds.ts';
import { parseYaml } from '../../src/resources/parse.ts';
import { readFullYaml } from '../../src/resources/yaml/full-yaml.ts';
import { splitDocuments } from '../../src/resources/yaml/split-documents.ts';

const FOLDER = new URL('./examples/', import.meta.url);
const FILES = readdirSync(FOLDER);
const textOf = (file: string): string => readFileSync(new URL(file, FOLDER), 'utf8');

/** The examples' objects, with every field as it was written. */
const written = FILES.flatMap((file) => {
  const text = textOf(file);
  return splitDocuments(text, 1_000).slices.map(({ start, end }) => {
    const read = readFullYaml(text, start, end);
    return ('value' in read ? read.value : {}) as { apiVersion: string; kind: string };
  });
});

/** Where each message of a schema stands; items and entries are `*`. */
type Places = Map<z.ZodObject, Set<string>>;

function placesIn(schema: z.core.$ZodType, path: string, into: Places): Places {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  ) {
    placesIn(schema.unwrap(), path, into);
  } else if (schema instanceof z.ZodPipe) placesIn(schema.in, path, into);
  else if (schema instanceof z.ZodArray) placesIn(schema.element, `${path}.*`, into);
  else if (schema instanceof z.ZodRecord) placesIn(schema.valueType, `${path}.*`, into);
  else if (schema instanceof z.ZodObject) {
    into.set(schema, (into.get(schema) ?? new Set()).add(path));
    for (const [key, field] of Object.entries(schema.shape as Record<string, z.core.$ZodType>)) {
      placesIn(field, `${path}.${key}`, into);
    }
  }
  return into;
}

/** Fields that the schema has only so that validation can say what is wrong with them. */
const ALWAYS_REFUSED = new Set(['exponentialDelay', 'http2Error', 'targetRefs.*.namespace']);

function pathsOf(value: unknown, path: string, into: Set<string>): Set<string> {
  if (typeof value !== 'object' || value === null) return into;
  for (const [key, inner] of Object.entries(value)) {
    for (const step of Array.isArray(value) ? ['*'] : [key, '*']) {
      into.add(`${path}.${step}`);
      pathsOf(inner, `${path}.${step}`, into);
    }
  }
  return into;
}

describe('the examples', () => {
  test.each(FILES)('%s is taken whole', (file) => {
    const { resources, findings, skipped } = parseYaml(textOf(file), { file });
    expect(findings.filter(({ level }) => level === 'Error')).toEqual([]);
    expect(skipped).toEqual([]);
    expect(resources.length).toBeGreaterThan(0);
  });

  test('name every field of every message', () => {
    const places: Places = new Map();
    const paths = new Set<string>();
    for (const [name, definition] of Object.entries(kinds)) {
      placesIn(definition.schema, name, places);
      const objects = written.filter(({ apiVersion, kind }) => kindFor(apiVersion, kind) === definition);
      expect(objects.length, name).toBeGreaterThan(0);
      for (const object of objects) pathsOf(object, name, paths);
    }
    const missing = [...places].flatMap(([schema, at]) =>
      Object.keys(schema.shape)
        .filter((key) => ![...at].some((path) => paths.has(`${path}.${key}`)))
        .map((key) => `${[...at][0]}.${key}`)
        .filter((path) => ![...ALWAYS_REFUSED].some((refused) => path.endsWith(`.${refused}`))),
    );
    expect(missing).toEqual([]);
  });
});

describe('the table of kinds', () => {
  test('tells the two Gateways apart', () => {
    const { resources } = parseYaml(`${textOf('istio-gateway.yaml')}---\n${textOf('gateway-api-gateway.yaml')}`, {
      file: 'x',
    });
    expect(resourcesOf(resources, kinds.istioGateway).map(({ spec }) => spec.servers?.length)).toEqual([5]);
    expect(resourcesOf(resources, kinds.k8sGateway).map(({ spec }) => spec.gatewayClassName)).toEqual(['istio']);
    expect(resources.filter((resource) => isKind(resource, kinds.istioGateway))).toHaveLength(1);
  });

  test('serves every version with the same fields', () => {
    const text = textOf('virtual-service.yaml').replace('networking.istio.io/v1', 'networking.istio.io/v1alpha3');
    expect(parseYaml(text, { file: 'x' }).resources).toHaveLength(1);
  });

  test('can be turned into JSON schemas', () => {
    for (const { schema } of Object.values(kinds)) {
      expect(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })).toHaveProperty('type', 'object');
    }
  });

  test('keeps durations as milliseconds and strips what is not read', () => {
    const [service] = resourcesOf(
      parseYaml(textOf('virtual-service.yaml'), { file: 'x' }).resources,
      kinds.virtualService,
    );
    expect(service?.spec.http?.[0]).toMatchObject({
      timeout: 1500,
      retries: { perTryTimeout: 500 },
      corsPolicy: { maxAge: 86_400_000 },
    });
    const [namespace] = resourcesOf(parseYaml(textOf('kubernetes.yaml'), { file: 'x' }).resources, kinds.namespace);
    expect(namespace).not.toHaveProperty('spec');
  });
});
