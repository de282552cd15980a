import { expect } from 'vitest';
import { describeWithEnvoy, ENVOY } from '../support/needs.ts';
import { EnvoySide } from './envoy-side.ts';
import { describeCase } from './report.ts';
import { runMesh } from './run-mesh.ts';
import { WorkerSide } from './worker-side.ts';

/** Others each time; a run is had again by the seed that it printed: `PARITY_SEED=n`. */
const SEED = Number(process.env.PARITY_SEED ?? Date.now() % 1_000_000);
const MESHES = 80;
const REQUESTS = 25;

describeWithEnvoy('the edge beside a real Envoy', (test) => {
  test('makes the same of 2,000 random requests, in this process and in workerd', async () => {
    console.log(`parity: seed ${SEED}`);
    const sides = { envoy: await EnvoySide.start(ENVOY), worker: await WorkerSide.start() };
    try {
      const told: string[] = [];
      for (let mesh = 0; mesh < MESHES; mesh++) {
        const { disagreements } = await runMesh(SEED + mesh, REQUESTS, sides);
        told.push(...disagreements.map((disagreement) => describeCase(disagreement, disagreement.differences)));
      }
      expect(told).toEqual([]);
    } finally {
      await Promise.all([sides.envoy.stop(), sides.worker.stop()]);
    }
  }, 300_000);
});
