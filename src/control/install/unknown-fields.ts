import * as z from 'zod';
import { didYouMean } from '../../resources/did-you-mean.ts';
import { asFields } from '../../resources/metadata.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

interface UnknownField {
  readonly path: string;
  readonly nearest: string | undefined;
}

/** Warnings about what was given and has no effect: a line for each likely slip, and one for all else. */
export function unknownFields(schema: z.ZodType, given: unknown, where: string): string[] {
  const unknown = [
    ...find(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' }), given, where),
  ];
  const slips = unknown.filter(({ nearest }) => nearest !== undefined);
  const others = unknown.filter(({ nearest }) => nearest === undefined).map(({ path }) => path);
  return [
    ...slips.map(({ path, nearest }) => `${path} is not known. Did you mean ${nearest}?`),
    ...(others.length === 0 ? [] : [`without effect here: ${others.join(', ')}`]),
  ];
}

function* find(schema: JsonSchema, given: unknown, path: string): Generator<UnknownField> {
  if (Array.isArray(given)) {
    const items = asFields(schema.items) ?? {};
    for (const [index, item] of given.entries()) yield* find(items, item, `${path}[${index}]`);
    return;
  }
  const fields = asFields(given);
  const properties = asFields(schema.properties);
  if (fields === undefined) return;
  for (const [key, value] of Object.entries(fields)) {
    const known =
      asFields(properties?.[key]) ?? (properties === undefined ? asFields(schema.additionalProperties) : undefined);
    if (known !== undefined) yield* find(known, value, `${path}.${key}`);
    else if (properties !== undefined) {
      yield { path: `${path}.${key}`, nearest: didYouMean(key, Object.keys(properties)) };
    }
  }
}
