import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { bundleEdge } from '../../src/control/up/bundle-edge.ts';

/** What the project promises, and what it aims at. */
const MAX_GZIPPED_BYTES = 1024 * 1024;
const AIM_GZIPPED_BYTES = 110 * 1024;

it('the worker stays small', async () => {
  const bundle = await bundleEdge({ minify: true });
  const gzippedBytes = gzipSync(bundle).length;
  console.log(`edge bundle: ${Math.round(gzippedBytes / 1024)} KiB gzipped`);
  expect(gzippedBytes).toBeLessThan(MAX_GZIPPED_BYTES);
  expect(gzippedBytes).toBeLessThan(AIM_GZIPPED_BYTES);
  // The cluster side stays out of it.
  expect(bundle).not.toContain('ZodError');
});
