/**
 * Also tested: what normalization makes of a path (test/engine/normalize-path.test.ts, test/cases/path-normalization), that a
 * real Envoy does the same (test/parity), `authz check --fuzz` (test/explain/authz.test.ts).
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mutatePath } from '../../src/control/explain/mutate-path.ts';
import type { PathNormalization } from '../../src/engine/normalize-path.ts';
import { startEdge, type TestEdge } from '../edge/support/edge.ts';
import { startUpstream, type Upstream } from '../edge/support/upstream.ts';
import { Chance } from '../fuzz/mutate.ts';
import { sendRaw } from '../parity/raw-http.ts';
import { DENIED, denyMesh, pathOfApp } from './support/deny-meshes.ts';

const MODES: readonly PathNormalization[] = ['BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES'];
const SEED = Number(process.env.FAULTS_SEED ?? Date.now() % 1_000_000_000);
const RANDOM_SPELLINGS = Number(process.env.FAULTS_SPELLINGS ?? 120);
const AT_ONCE = 16;
const PIECES = [
  '/',
  '//',
  '/.',
  '/..',
  '/./',
  '/../',
  '\\',
  '%2f',
  '%2F',
  '%5c',
  '%2e',
  '%2E%2e',
  '..;',
  ';x=y',
  '%00',
  '%25',
  '?',
  '#',
  '\t',
  '%20',
  'x',
  '%',
  '.',
  '~',
];

/** Spellings of a path, one on top of the other, and random things put in. */
function spellings(path: string, chance: Chance): string[] {
  const found = new Set([path, ...mutatePath(path).map((mutation) => mutation.path)]);
  for (let i = 0; i < RANDOM_SPELLINGS; i++) {
    let spelled = path;
    for (let times = 1 + chance.below(3); times > 0; times--) {
      if (chance.is(0.5)) spelled = chance.of(mutatePath(spelled)).path;
      else {
        const at = chance.below(spelled.length + 1);
        spelled = spelled.slice(0, at) + chance.of(PIECES) + spelled.slice(at);
      }
    }
    // An absolute form, too: its path is judged, not its spelling.
    found.add(chance.is(0.1) ? `http://shop.example.com${spelled}` : spelled);
  }
  return [...found].filter((spelled) => !/[ \r\n]/.test(spelled));
}

describe('no spelling that an application takes for a denied path reaches it', () => {
  let edge: TestEdge;
  let upstream: Upstream;
  let version = 0;

  beforeAll(async () => {
    upstream = await startUpstream();
    edge = await startEdge();
  });
  afterAll(async () => {
    await edge.stop();
    await upstream.close();
  });

  async function forwardedPath(target: string): Promise<string | undefined> {
    const route = { address: '127.0.0.1', port: Number(new URL(edge.url).port) };
    const headers = [
      ['Host', 'shop.example.com'],
      ['Connection', 'close'],
    ] as const;
    try {
      const { status, body } = await sendRaw(route, { method: 'GET', target, headers });
      return status === 200 ? String((JSON.parse(body) as { readonly url: unknown }).url) : undefined;
    } catch (error) {
      if (/connection ended|ECONNRESET/.test(String(error))) return undefined;
      throw error;
    }
  }

  it.each(MODES.flatMap((mode) => DENIED.map((denied) => [mode, denied.pattern, denied] as const)))(
    'under %s: %s',
    async (mode, pattern, { examples, isDenied }) => {
      await edge.publish(denyMesh(pattern, mode, Number(new URL(upstream.url).port)), ++version);
      const chance = new Chance(SEED + version);
      const targets = examples.flatMap((path) => spellings(path, chance));
      const bypasses: string[] = [];
      let forwarded = 0;
      for (let start = 0; start < targets.length; start += AT_ONCE) {
        const batch = targets.slice(start, start + AT_ONCE);
        const paths = await Promise.all(batch.map(forwardedPath));
        paths.forEach((path, index) => {
          if (path === undefined) return;
          forwarded++;
          if (isDenied(pathOfApp(path, mode))) bypasses.push(`${batch[index]} arrives as ${path}`);
        });
      }
      expect({ seed: SEED, bypasses }).toEqual({ seed: SEED, bypasses: [] });
      // Where everything is refused nothing is tested.
      expect(forwarded).toBeGreaterThan(targets.length / 20);
      for (const path of examples) expect(await forwardedPath(path)).toBeUndefined();
    },
    60_000,
  );
});
