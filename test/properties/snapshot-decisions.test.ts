import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { compileMesh } from '../../src/control/compile.ts';
import { type CaseFile, caseFile } from '../../src/control/simulate/cases.ts';
import type { RequestDescription } from '../../src/control/simulate/request.ts';
import { servingConfigOf } from '../../src/control/simulate/serving.ts';
import { type Outcome, simulate } from '../../src/control/simulate/simulate.ts';
import { hostOfAuthority } from '../../src/engine/facts.ts';
import { parseYaml } from '../../src/resources/parse.ts';
import { SnapshotReader } from '../../src/snapshot/reader.ts';
import { caseTokens } from '../case-tokens.ts';
import { MutableSource } from '../snapshot/mutable-source.ts';
import { publishToMemory } from '../snapshot/publish-to-memory.ts';
import { seededEnvironment } from './support.ts';

const CASES = join(import.meta.dirname, '../cases');
const folders = readdirSync(CASES, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('requests.yaml'))
  .map(dirname)
  .sort();

async function describeRequest(
  { request }: NonNullable<CaseFile['requests']>[number],
  gatewayPort: number | undefined,
): Promise<RequestDescription> {
  if (typeof request === 'string') {
    const [method = 'GET', url = method] = request.trim().split(/\s+/, 2);
    return { method, url, gatewayPort };
  }
  const { token, headers, ...rest } = request;
  const bearer = token === undefined ? {} : { authorization: `Bearer ${await caseTokens.sign(token)}` };
  return { gatewayPort, ...rest, headers: { ...bearer, ...headers } };
}

function comparable({ decision, requestHeaders, responseHeaders, ...rest }: Outcome): object {
  const { kind, namespace, name } = decision.origin ?? {};
  return {
    ...rest,
    origin: { kind, namespace, name },
    sent: [...(requestHeaders ?? [])],
    answered: [...responseHeaders],
  };
}

describe('a published snapshot', () => {
  it('decides as the mesh did that it was made of', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...folders), fc.nat(), async (folder, seed) => {
        const { options = {}, requests = [] } = caseFile.parse(
          parse(readFileSync(join(CASES, folder, 'requests.yaml'), 'utf8')),
        );
        const yaml = readFileSync(join(CASES, folder, 'in.yaml'), 'utf8').replaceAll(
          /\$\{CASE_JWKS\}/g,
          caseTokens.jwks,
        );
        const { namespace: defaultNamespace } = options;
        const parsed = parseYaml(yaml, {
          file: 'in.yaml',
          ...(defaultNamespace === undefined ? {} : { defaultNamespace }),
        });
        const { edge } = compileMesh(parsed.resources).mesh;
        const direct = servingConfigOf(edge);
        const { store } = await publishToMemory(edge);
        const reader = new SnapshotReader(new MutableSource(store));
        for (const requestCase of requests) {
          const request = await describeRequest(requestCase, options.gatewayPort);
          const hostHeader = Object.entries(request.headers ?? {}).find(([key]) => key.toLowerCase() === 'host')?.[1];
          const authority = /^https?:\/\/([^/?#]*)/i.exec(request.url)?.[1] ?? '';
          await reader.load(hostOfAuthority(String(hostHeader ?? authority)));
          const { current } = reader;
          if (current === undefined) throw new Error(`no snapshot: ${reader.status().problem?.message}`);
          const [expected, actual] = [
            await simulate(direct, request, seededEnvironment(seed)),
            await simulate(current, request, seededEnvironment(seed)),
          ];
          expect({ folder, ...comparable(actual) }).toEqual({ folder, ...comparable(expected) });
        }
      }),
      { numRuns: 120 },
    );
  });
});
