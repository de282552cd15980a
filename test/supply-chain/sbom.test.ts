import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const PROJECT = join(import.meta.dirname, '../..');

it('the list of materials names every package that users run, with its hash', () => {
  const text = execFileSync('npm', ['run', '-s', 'sbom'], {
    cwd: PROJECT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 ** 2,
  });
  const { bomFormat, components } = JSON.parse(text) as {
    readonly bomFormat: string;
    readonly components: readonly { readonly name: string; readonly version: string; readonly hashes?: unknown[] }[];
  };
  const { dependencies } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  expect(bomFormat).toBe('CycloneDX');
  const listed = new Map(components.map(({ name, version }) => [name, version]));
  for (const [name, version] of Object.entries(dependencies)) expect(listed.get(name)).toBe(version);
  expect(components.filter(({ hashes }) => (hashes ?? []).length === 0)).toEqual([]);
}, 60_000);
