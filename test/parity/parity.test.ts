import { expect } from 'vitest';
import { describeWithEnvoy, ENVOY } from '../support/needs.ts';
import { EnvoySide } from './envoy-side.ts';
import { describeCase } from './report.ts';
import { runMesh } from './run-mesh.ts';

/** Few, and always the same: `npm run parity` tries others. */
const SEED = 1;
const MESHES = 20;
const REQUESTS = 25;

describeWithEnvoy('the edge beside a real Envoy', (test) => {
  test('makes the same of the same requests', async () => {
    const envoy = await EnvoySide.start(ENVOY);
    try {
      const told: string[] = [];
      for (let mesh = 0; mesh < MESHES; mesh++) {
        const { disagreements } = await runMesh(SEED + mesh, REQUESTS, envoy);
        told.push(...disagreements.map((disagreement) => describeCase(disagreement, disagreement.differences)));
      }
      expect(told).toEqual([]);
    } finally {
      await envoy.stop();
    }
  }, 60_000);
});
