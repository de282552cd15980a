import * as z from 'zod';
import { intOrString } from '../../../resources/scalars/numbers.ts';
import { fieldRulesOf } from './field-rules.ts';

/** A schema as CustomResourceDefinitions have it: JSON Schema without references, every field with a type. */
export type StructuralSchema = Readonly<Record<string, unknown>>;

type Schema = Record<string, unknown>;

/** What JSON Schema has and structural schemas may not have. */
const FORBIDDEN = ['$schema', 'propertyNames', 'id', '~standard'];

/** The schema of what users write, from the zod schema by which it is read. Defaults are the reader's business. */
export function structuralSchema(schema: z.ZodType): StructuralSchema {
  const json = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    reused: 'inline',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema === intOrString) {
        for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
        Object.assign(jsonSchema, { 'x-kubernetes-int-or-string': true });
      }
      Object.assign(jsonSchema, fieldRulesOf(zodSchema));
    },
  });
  return structural(json as Schema);
}

function structural(given: unknown): Schema {
  const schema: Schema = { ...(given as Schema) };
  for (const key of [...FORBIDDEN, 'default']) delete schema[key];
  const { anyOf, allOf } = schema;
  if (Array.isArray(allOf) && allOf.length === 1) return structural({ ...withoutKey(schema, 'allOf'), ...allOf[0] });
  if (Array.isArray(anyOf) && !('x-kubernetes-int-or-string' in schema)) return structuralUnion(schema, anyOf);
  if ('const' in schema) {
    const { const: only, ...rest } = schema;
    return { ...rest, type: typeof only === 'number' ? 'integer' : typeof only, enum: [only] };
  }
  withoutUnsafeBounds(schema);
  if (schema.properties !== undefined) {
    schema.properties = mapValues(schema.properties as Schema, structural);
    delete schema.additionalProperties;
  } else if (schema.type === 'object') Object.assign(schema, openObject(schema));
  if (schema.items !== undefined) schema.items = structural(schema.items);
  if (schema.type === undefined && !('x-kubernetes-int-or-string' in schema)) {
    schema['x-kubernetes-preserve-unknown-fields'] = true;
  }
  return schema;
}

/** Whatever is in it is kept, or it maps names to values of one schema. */
function openObject({ additionalProperties }: Schema): Schema {
  const isOpen = additionalProperties === undefined || Object.keys(Object(additionalProperties)).length === 0;
  return isOpen
    ? { additionalProperties: undefined, 'x-kubernetes-preserve-unknown-fields': true }
    : { additionalProperties: structural(additionalProperties) };
}

function structuralUnion(schema: Schema, anyOf: readonly Schema[]): Schema {
  const rest = withoutKey(schema, 'anyOf');
  const others = anyOf.filter(({ type }) => type !== 'null');
  const isNullable = others.length < anyOf.length;
  const nullable = isNullable ? { nullable: true } : {};
  const [only] = others;
  if (others.length === 1 && only !== undefined) {
    const one = structural({ ...rest, ...only });
    // The API server holds null against every branch of a oneOf.
    return isNullable ? { ...withoutKey(one, 'oneOf'), ...nullable } : one;
  }
  const values = others.flatMap(({ const: value, enum: list }) => (value === undefined ? (list ?? []) : [value]));
  if (values.length >= others.length) {
    return { ...rest, type: typeof values[0] === 'number' ? 'integer' : 'string', enum: values, ...nullable };
  }
  return { ...rest, 'x-kubernetes-preserve-unknown-fields': true, ...nullable };
}

/** zod names the bounds of what JavaScript can count; they say nothing about the field. */
function withoutUnsafeBounds(schema: Schema): void {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  // Draft 7 has numbers here as OpenAPI 3.0 has booleans.
  if (typeof schema.exclusiveMinimum === 'number') {
    schema.minimum = schema.exclusiveMinimum;
    schema.exclusiveMinimum = true;
  }
  // Patterns of zod's own formats use what Go's regular expressions do not know.
  if (schema.format !== undefined) {
    delete schema.pattern;
    delete schema.contentEncoding;
    delete schema.format;
  }
}

function withoutKey(schema: Schema, key: string): Schema {
  const { [key]: _, ...rest } = schema;
  return rest;
}

function mapValues(values: Schema, map: (value: unknown) => Schema): Schema {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value)]));
}
