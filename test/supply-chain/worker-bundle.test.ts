import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const PROJECT = join(import.meta.dirname, '../..');

/** As `npx wrangler deploy` would upload it, from a checkout at that place. */
function deployedBundle(checkout: string, out: string): Buffer {
  const wrangler = join(PROJECT, 'node_modules/wrangler/bin/wrangler.js');
  execFileSync(process.execPath, [wrangler, 'deploy', '--dry-run', '--outdir', out], {
    cwd: checkout,
    env: { ...process.env, CI: 'true', WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' },
    stdio: 'pipe',
  });
  return readFileSync(join(out, 'worker.js'));
}

describe('the worker bundle', () => {
  it('is the same bytes wherever it is made, and tells nothing of the place', () => {
    const folder = mkdtempSync(join(tmpdir(), 'foresail-bundle-'));
    try {
      const elsewhere = join(folder, 'another', 'checkout');
      for (const part of ['src', 'package.json', 'tsconfig.json', 'wrangler.toml']) {
        cpSync(join(PROJECT, part), join(elsewhere, part), { recursive: true });
      }
      symlinkSync(join(PROJECT, 'node_modules'), join(elsewhere, 'node_modules'));
      const here = deployedBundle(PROJECT, join(folder, 'here'));
      const there = deployedBundle(elsewhere, join(folder, 'there'));
      const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
      expect(hash(there)).toBe(hash(here));
      expect(here.includes(PROJECT)).toBe(false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 120_000);
});
