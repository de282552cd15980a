import { describe, expect } from 'vitest';
import { EnvoySide } from './envoy-side.ts';
import { describeCase } from './report.ts';
import { runMesh } from './run-mesh.ts';
import { itWithEnvoy } from './with-envoy.ts';

/** Few, and always the same: `npm run parity` tries others. */
const SEED = 1;
const MESHES = 20;
const REQUESTS = 25;

describe('the edge beside a real Envoy', () => {
  itWithEnvoy('makes the same of the same requests', async (binary) => {
    const envoy = await EnvoySide.start(binary);
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
  });
});
