import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { compileMesh } from '../src/control/compile.ts';
import { caseFile } from '../src/control/simulate/cases.ts';
import { runRequestCase } from '../src/control/simulate/run-case.ts';
import { servingConfigOf } from '../src/control/simulate/serving.ts';
import { describeOrigin } from '../src/resources/origin.ts';
import { parseYaml } from '../src/resources/parse.ts';
import { caseTokens } from './case-tokens.ts';
import { seededRandom } from './seeded-random.ts';

/** Golden cases are the specification: a folder each, `in.yaml` and what must become of requests. */
/** Stands in the YAML of a case for the key set that verifies the case's tokens. */
const CASE_JWKS = /\$\{CASE_JWKS\}/g;

const ROOT = join(import.meta.dirname, 'cases');

const folders = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('requests.yaml'))
  .map(dirname)
  .sort();

for (const folder of folders) {
  describe(folder, async () => {
    const {
      options = {},
      findings,
      requests = [],
    } = caseFile.parse(parse(readFileSync(join(ROOT, folder, 'requests.yaml'), 'utf8')));
    const yaml = readFileSync(join(ROOT, folder, 'in.yaml'), 'utf8').replaceAll(CASE_JWKS, caseTokens.jwks);
    const parsed = parseYaml(yaml, {
      file: relative(ROOT, join(ROOT, folder, 'in.yaml')),
      ...(options.namespace === undefined ? {} : { defaultNamespace: options.namespace }),
    });
    const { mesh, findings: found } = compileMesh(parsed.resources);
    if (findings !== undefined) {
      it('has just these findings', () => {
        const told = [...parsed.findings, ...found]
          .filter(({ level }) => level !== 'Info')
          .map(({ code, origin }) => `${code} ${describeOrigin(origin)}`);
        expect([...new Set(told)].sort()).toEqual([...findings].sort());
      });
    }
    const serving = servingConfigOf(mesh.edge);
    for (const requestCase of requests) {
      it(requestCase.name, async () => {
        const problems = await runRequestCase(serving, requestCase, {
          random: seededRandom(1),
          gatewayPort: options.gatewayPort,
          sign: caseTokens.sign,
        });
        expect(problems).toEqual([]);
      });
    }
  });
}
