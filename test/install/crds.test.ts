import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { crdFiles } from '../../src/control/install/crds/crd-files.ts';
import { customResourceDefinitions } from '../../src/control/install/crds/custom-resource-definition.ts';
import { asFields } from '../../src/resources/metadata.ts';
import { ApiServer } from '../support/api-server/server.ts';
import { schemaProblems } from '../support/kubernetes-schema.ts';

const CRDS = join(import.meta.dirname, '../../config/crds');
const EXAMPLES = join(import.meta.dirname, '../resources/examples');
const KEYWORDS = new Set(
  'type properties required items additionalProperties enum minimum maximum exclusiveMinimum minItems maxItems minLength maxLength pattern nullable oneOf description x-kubernetes-validations x-kubernetes-int-or-string x-kubernetes-preserve-unknown-fields'.split(
    ' ',
  ),
);

/** What the API server would refuse in a schema as not structural. */
function notStructural(schema: unknown, path: string): string[] {
  const fields = asFields(schema) ?? {};
  const problems = Object.keys(fields)
    .filter((key) => !KEYWORDS.has(key))
    .map((key) => `${path}: ${key} is not allowed`);
  const isTyped = typeof fields.type === 'string' || fields['x-kubernetes-int-or-string'] === true;
  if (!isTyped && fields['x-kubernetes-preserve-unknown-fields'] !== true) problems.push(`${path}: there is no type`);
  if (fields.properties !== undefined && fields.additionalProperties !== undefined) {
    problems.push(`${path}: both properties and additionalProperties`);
  }
  if (fields.type === 'array' && fields.items === undefined) problems.push(`${path}: a list of what?`);
  const deeper = [
    ...Object.entries(asFields(fields.properties) ?? {}),
    ...['items', 'additionalProperties'].flatMap((key) =>
      fields[key] === undefined ? [] : [[key, fields[key]] as const],
    ),
  ];
  return [...problems, ...deeper.flatMap(([key, value]) => notStructural(value, `${path}.${key}`))];
}

describe('the definitions in config/crds', () => {
  it('are those that the schemas make: run `npm run manifests` after a change', () => {
    const present = new Map(readdirSync(CRDS).map((name) => [name, readFileSync(join(CRDS, name), 'utf8')]));
    expect(present).toEqual(crdFiles());
  });

  it.each([...customResourceDefinitions()])('%s is a definition with structural schemas', (_, definition) => {
    expect(schemaProblems(JSON.parse(JSON.stringify(definition)))).toEqual([]);
    const versions = asFields(definition.spec)?.versions;
    for (const version of Array.isArray(versions) ? versions : []) {
      expect(notStructural(version.schema.openAPIV3Schema, version.name)).toEqual([]);
    }
  });
});

describe('an API server with the definitions', () => {
  let api: ApiServer;
  beforeAll(async () => {
    api = await ApiServer.start();
    for (const definition of customResourceDefinitions().values())
      await api.create(JSON.parse(JSON.stringify(definition)));
  });
  afterAll(() => api.stop());

  const groups = [...customResourceDefinitions().values()].map(({ spec }) => asFields(spec)?.group);
  const examples = readdirSync(EXAMPLES).flatMap((file) =>
    parseAllDocuments(readFileSync(join(EXAMPLES, file), 'utf8'), { version: '1.1' })
      .map((document) => document.toJS() as Record<string, unknown> | null)
      .filter((object) => object !== null)
      .filter(({ apiVersion }) => groups.includes(String(apiVersion).split('/')[0] ?? ''))
      .map((object, index) => [`${file} ${index} ${String(object.kind)}`, object] as const),
  );

  it('has examples of every kind', () => {
    const kinds = [...customResourceDefinitions().values()].map(({ spec }) => asFields(asFields(spec)?.names)?.kind);
    expect(kinds.filter((kind) => !examples.some(([, object]) => object.kind === kind))).toEqual([]);
  });

  it.each(examples)('keeps every field of %s', async (_, object) => {
    const created = await api.put({ ...object, metadata: { ...asFields(object.metadata), namespace: 'default' } });
    expect(created.spec).toEqual(object.spec);
  });
});
