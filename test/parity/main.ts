/**
 * The edge beside a real Envoy: random meshes, random requests, and whatever the two make of them differently.
 *
 *     npm run parity -- --seed 7 --count 2000
 *
 * A difference is made as small as it can be, printed as YAML and request, and fails the run.
 */
import { parseArgs } from 'node:util';
import { findEnvoy } from '../../src/xds/envoy-binary.ts';
import { EnvoySide } from './envoy-side.ts';
import type { Difference } from './observation.ts';
import { describeCase } from './report.ts';
import type { Sides } from './run-case.ts';
import { type Disagreement, rerun, runMesh } from './run-mesh.ts';
import { shrink } from './shrink.ts';
import { WorkerSide } from './worker-side.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    count: { type: 'string', default: '2000' },
    'per-mesh': { type: 'string', default: '25' },
    kinds: { type: 'string', default: '5' },
    /** Only the engine in this process: many times as fast. */
    'without-worker': { type: 'boolean', default: false },
  },
});
const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
const count = Number(values.count);
const perMesh = Number(values['per-mesh']);

const binary = findEnvoy({ log: console.log });
if (binary.path === undefined) {
  console.error(binary.why);
  process.exit(1);
}
const sides = {
  envoy: await EnvoySide.start(binary.path),
  worker: values['without-worker'] ? undefined : await WorkerSide.start(),
};
try {
  process.exitCode = await run(sides);
} finally {
  await Promise.all([sides.envoy.stop(), sides.worker?.stop()]);
}

async function run(all: Sides): Promise<number> {
  const started = Date.now();
  const byKind = new Map<string, Disagreement[]>();
  let cases = 0;
  let failed = 0;
  for (let mesh = 0; cases < count && mesh < count; mesh++) {
    const { cases: done, disagreements } = await runMesh(seed + mesh, Math.min(perMesh, count - cases), all);
    cases += done;
    for (const disagreement of disagreements) {
      failed++;
      for (const kind of disagreement.differences.map(kindOf))
        byKind.set(kind, [...(byKind.get(kind) ?? []), disagreement]);
    }
  }
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`seed ${seed}: ${cases} cases in ${seconds} s, ${failed} with a difference`);
  const kinds = [...byKind].sort(([, a], [, b]) => b.length - a.length);
  for (const [kind, list] of kinds) console.log(`  ${list.length} × ${kind}`);
  for (const [kind, [first]] of kinds.slice(0, Number(values.kinds))) {
    if (first !== undefined) console.log(await smallest(kind, first, all));
  }
  return failed === 0 ? 0 : 1;
}

function kindOf({ side, what }: Difference): string {
  return `${side}: ${what}`;
}

async function smallest(kind: string, first: Disagreement, all: Sides): Promise<string> {
  const isSame = (difference: Difference): boolean => kindOf(difference) === kind;
  const small = await shrink(first, async (candidate) => (await rerun(candidate, all)).some(isSame));
  return `\n# --- seed ${first.seed}: ${kind}\n${describeCase(small, await rerun(small, all))}`;
}
