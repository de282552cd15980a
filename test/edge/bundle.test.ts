import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { bundleEdge } from '../../src/control/up/bundle-edge.ts';

/** What the project promises, and what it aims at. */
const MAX_GZIPPED_BYTES = 1024 * 1024;
const AIM_GZIPPED_BYTES = 120 * 1024;

it('the worker stays small', async () => {
  const bundle = await bundleEdge({ minify: true });
  const gzippedBytes = gzipSync(bundle).length;
  console.log(`edge bundle: ${Math.round(gzippedBytes / 1024)} KiB gzipped`);
  expect(gzippedBytes).toBeLessThan(MAX_GZIPPED_BYTES);
  expect(gzippedBytes).toBeLessThan(AIM_GZIPPED_BYTES);
  // The cluster side stays out of it.
  expect(bundle).not.toContain('ZodError');
});

it('the worker can be deployed with wrangler', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'foresail-deploy-'));
  try {
    const wrangler = join(import.meta.dirname, '../../node_modules/wrangler/bin/wrangler.js');
    const root = join(import.meta.dirname, '../..');
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [wrangler, 'deploy', '--dry-run', '--outdir', folder],
      { cwd: root, env: { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: 'false', WRANGLER_SEND_METRICS: 'false' } },
    );
    console.log(/Total Upload.*/.exec(stdout)?.[0]);
    expect(stdout).toContain('env.CONFIG');
    expect(stdout).toContain('--dry-run: exiting now');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
