/**
 * Also tested: YAML with random bytes changed (test/fuzz/yaml-loader.test.ts), the mistakes of each kind and their messages
 * (test/resources/mistakes.test.ts), last good versions (test/control/folder-source.test.ts, test/control/syncer.test.ts).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileMesh } from '../../src/control/compile.ts';
import { servingConfigOf } from '../../src/control/simulate/serving.ts';
import { simulate } from '../../src/control/simulate/simulate.ts';
import type { AnyResource } from '../../src/resources/kinds.ts';
import { parseYaml } from '../../src/resources/parse.ts';
import { encodeContent } from '../../src/snapshot/encode.ts';
import { Chance } from '../fuzz/mutate.ts';
import { seededEnvironment } from '../properties/support.ts';
import { DONORS } from './support/donors.ts';
import { fieldsOf, type Path, POISONS, poisoned } from './support/poison.ts';

const ROOT = join(import.meta.dirname, '../..');
const SECONDS = Number(process.env.FAULTS_SECONDS ?? (process.env.CI ? 25 : 10));
const SEED = Number(process.env.FAULTS_SEED ?? Date.now() % 1_000_000_000);
const FILE = 'sick.yaml';

interface Healthy {
  readonly name: string;
  readonly files: readonly string[];
  readonly requests: readonly string[];
}

const HEALTHY: readonly Healthy[] = [
  {
    name: 'the guestbook',
    files: yamlIn('config/samples/guestbook'),
    requests: ['/', '/v2', '/hello', '/guestbook', '/admin/clear', '/api/messages?x=1', '/%2e%2e/hello'].map(
      (path) => `http://guestbook.localhost${path}`,
    ),
  },
  {
    name: 'bookinfo',
    files: yamlIn('config/samples/bookinfo'),
    requests: ['/productpage', '/static/a.css', '/login', '/api/v1/products', '/nothing'].map(
      (path) => `http://bookinfo.localhost${path}`,
    ),
  },
  ...['the-first-rule-that-matches-wins', 'query-params-match-by-value-and-presence', 'regexes-are-re2'].map(
    goldenCase,
  ),
];

/** A golden case, with those of its requests that are no more than a URL. */
function goldenCase(name: string): Healthy {
  const folder = join('test/cases/virtual-service', name);
  const text = readFileSync(join(ROOT, folder, 'requests.yaml'), 'utf8');
  const requests = [...text.matchAll(/request: (?:GET )?(http\S+)$/gm)].map(([, url = '']) => url);
  return { name, files: [join(folder, 'in.yaml')], requests };
}

function yamlIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => join(folder, file));
}

interface Poisoning {
  readonly donor: number;
  readonly path: Path;
  readonly poison: string;
}

const all: readonly Poisoning[] = DONORS.flatMap((object, donor) =>
  fieldsOf(object).flatMap((path) => Object.keys(POISONS).map((poison) => ({ donor, path, poison }))),
);

/** All donors, the poisoned one in place of its healthy self, and between which lines it stands. */
function sickYaml({ donor, path, poison }: Poisoning): {
  readonly text: string;
  readonly lines: readonly [number, number];
} {
  const documents = DONORS.map((object, index) =>
    index === donor ? poisoned(object, path, POISONS[poison] ?? '') : JSON.stringify(object, undefined, 1),
  );
  const before = documents.slice(0, donor).reduce((sum, document) => sum + document.split('\n').length + 1, 0);
  return { text: documents.join('\n---\n'), lines: [before, before + (documents[donor] ?? '').split('\n').length + 1] };
}

/** What callers meet with, as text. */
async function behaviour(resources: readonly AnyResource[], requests: readonly string[]) {
  const { mesh, findings } = compileMesh(resources);
  const serving = servingConfigOf(mesh.edge);
  const answers = await Promise.all(
    requests.flatMap((url) =>
      [1, 2].map(async (seed) => {
        const { status, body, destination, path, authority, requestHeaders, timeoutMs, delayMs } = await simulate(
          serving,
          { url },
          seededEnvironment(seed),
        );
        return JSON.stringify([
          url,
          status,
          body,
          destination,
          path,
          authority,
          [...(requestHeaders ?? [])],
          timeoutMs,
          delayMs,
        ]);
      }),
    ),
  );
  return { answers, findings, edge: mesh.edge };
}

describe('beside a healthy mesh, each field of each resource wrong in turn', () => {
  it(
    `changes no answer of the healthy part, throws nothing, and is reported with file and line (seed ${SEED})`,
    async () => {
      const chance = new Chance(SEED);
      const known = parseYaml(DONORS.map((object) => JSON.stringify(object)).join('\n---\n'), { file: FILE });
      expect(known.findings.filter(({ level }) => level === 'Error')).toEqual([]);
      const healthy = await Promise.all(
        HEALTHY.map(async ({ files, requests, name }) => {
          const resources = files.flatMap(
            (file) => parseYaml(readFileSync(join(ROOT, file), 'utf8'), { file }).resources,
          );
          const { answers } = await behaviour([...resources, ...known.resources], requests);
          return { name, requests, resources, answers };
        }),
      );
      for (const { name, answers } of healthy) {
        expect([name, answers.some((answer) => answer.includes('outbound|'))]).toEqual([name, true]);
      }
      const endMs = performance.now() + SECONDS * 1000;
      let tried = 0;
      let refused = 0;
      while (performance.now() < endMs) {
        const poisoning = chance.of(all);
        const what = `${JSON.stringify(DONORS[poisoning.donor]).slice(0, 70)} ${poisoning.path.join('.')} = ${poisoning.poison} (FAULTS_SEED=${SEED})`;
        const { text, lines } = sickYaml(poisoning);
        try {
          const parsed = parseYaml(text, { file: FILE });
          const { resources, requests, answers } = chance.of(healthy);
          const now = await behaviour([...resources, ...parsed.resources], requests);
          expect(now.answers).toEqual(answers);
          if (tried % 32 === 0) await encodeContent(now.edge);
          if (parsed.resources.length < known.resources.length) {
            refused++;
            const told = parsed.findings.filter(
              ({ level, origin: { file, line = 0 } }) =>
                level !== 'Info' && file === FILE && line >= lines[0] && line <= lines[1],
            );
            expect(told.length + parsed.skipped.length - known.skipped.length).toBeGreaterThan(0);
          }
          for (const { message } of [...parsed.findings, ...now.findings]) expect(message.length).toBeLessThan(2_000);
          expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
        } catch (cause) {
          throw new Error(what, { cause });
        }
        tried++;
      }
      console.log(`${tried} of ${all.length} poisonings, ${refused} refused as a whole, seed ${SEED}`);
      expect(refused).toBeGreaterThan(tried / 10);
    },
    SECONDS * 1000 + 60_000,
  );
});
