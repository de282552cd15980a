import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const PROJECT = join(import.meta.dirname, '../..');

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
}

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
}

const manifest = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as Manifest;
const lockfile = JSON.parse(readFileSync(join(PROJECT, 'package-lock.json'), 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>;
};
const packages = Object.entries(lockfile.packages).filter(([path]) => path !== '');

/** Licences under which what users run may be passed on with ours. */
const PERMISSIVE = new Set([
  '(Apache-2.0 AND BSD-3-Clause)',
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT OR Apache-2.0',
  'PSF-2.0',
  'Unlicense',
]);

describe('what is installed', () => {
  it('is named by exact versions', () => {
    const wanted = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(wanted.filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))).toEqual([]);
  });

  it('is held by a hash, each package of it', () => {
    const loose = packages.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'));
    expect(loose.map(([path]) => path)).toEqual([]);
  });

  it('comes from a registry, never from a repository or a file', () => {
    const odd = packages.filter(([, { resolved }]) => resolved !== undefined && !/^https:.*\.tgz$/.test(resolved));
    expect(odd.map(([path]) => path)).toEqual([]);
  });

  it('runs no script at installation that has not been looked at', () => {
    const running = packages.filter(([, { hasInstallScript }]) => hasInstallScript === true);
    const names = new Set(running.map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 13)));
    expect([...names].filter((name) => !Object.hasOwn(manifest.allowScripts, name))).toEqual([]);
  });

  it('may be passed on under permissive licences, as far as users run it', () => {
    const restricted = packages.filter(([, { dev, license }]) => dev !== true && !PERMISSIVE.has(license ?? ''));
    expect(restricted.map(([path, { license }]) => `${path}: ${license}`)).toEqual([]);
  });
});
