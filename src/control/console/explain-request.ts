import * as z from 'zod';
import { type ExplainInput, explain } from '../explain/explain.ts';
import { certainEnvironment } from '../simulate/environment.ts';
import type { RequestDescription } from '../simulate/request.ts';
import { servingConfigOf } from '../simulate/serving.ts';
import type { CompiledMesh } from './console-source.ts';
import type { ExplainView } from './wire.ts';

const MAX_HEADERS = 100;
const MAX_VALUE_LENGTH = 16 * 1024;

/** What the playground sends. */
export const explainRequest = z.strictObject({
  method: z.string().regex(/^[A-Za-z]{1,32}$/, 'a method is made of letters'),
  url: z
    .string()
    .max(MAX_VALUE_LENGTH)
    .regex(/^https?:\/\/[^/?#\s]+/i, 'a URL begins with http:// or https:// and a host'),
  headers: z
    .array(
      z.tuple([
        z.string().regex(/^[\w!#$%&'*+.^`|~-]{1,256}$/, 'a header name is a token'),
        z.string().max(MAX_VALUE_LENGTH),
      ]),
    )
    .max(MAX_HEADERS)
    .optional(),
  from: z.union([z.ipv4(), z.ipv6()]).optional(),
  version: z.int().positive().optional(),
});

type Asked = z.infer<typeof explainRequest>;

export function explainInputOf({ mesh, findings, version }: CompiledMesh): ExplainInput {
  return { serving: servingConfigOf(mesh.edge, version), hosts: [...mesh.edge.domains.keys()], mesh, findings };
}

/** Nothing is sent anywhere: the engine is asked what it would do. */
export async function explainAsked(
  input: ExplainInput,
  version: number,
  asked: Asked,
  nowMs: number,
): Promise<ExplainView> {
  const explanation = await explain(input, descriptionOf(asked), certainEnvironment({ nowMs }));
  return { ...explanation, version };
}

function descriptionOf({ method, url, headers = [], from }: Asked): RequestDescription {
  const gathered = new Map<string, string[]>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    gathered.set(key, [...(gathered.get(key) ?? []), value]);
  }
  return { method: method.toUpperCase(), url, headers: Object.fromEntries(gathered), from };
}
