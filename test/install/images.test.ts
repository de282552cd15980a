import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { resolveInstallation } from '../../src/control/install/installation.ts';
import { kustomizationFiles } from '../../src/control/install/kustomizations.ts';
import { render } from '../../src/control/install/render.ts';

const ROOT = join(import.meta.dirname, '../..');
const DOCKER = join(ROOT, 'config/docker');

interface Named {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

/** As kustomize reads a folder: the resources that its kustomization names, folders among them. */
function objectsBelow(folder: string): Named[] {
  const { resources } = parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8'));
  return resources.flatMap((name: string) =>
    name.endsWith('.yaml')
      ? parseAllDocuments(readFileSync(join(folder, name), 'utf8')).map((document) => document.toJS())
      : objectsBelow(join(folder, name)),
  );
}

describe('config/kustomize', () => {
  it('is what `manifest generate` prints: run `npm run manifests` after a change', () => {
    const folder = join(ROOT, 'config/kustomize');
    const present = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'));
    expect(new Map(present.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))).toEqual(
      new Map([...kustomizationFiles()]),
    );
  });

  it('has with its resources every object of the installation', () => {
    const folder = join(ROOT, 'config/kustomize/demo');
    const kinds = objectsBelow(folder).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    const installation = resolveInstallation({ specs: [], sets: ['profile=demo'] });
    const wanted = render(installation).flatMap(({ objects }) =>
      objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
    );
    expect(kinds.sort()).toEqual([...wanted, 'Namespace istio-system'].sort());
  });
});

describe.each(readdirSync(DOCKER))('%s', (file) => {
  const lines = readFileSync(join(DOCKER, file), 'utf8').split('\n');

  it('copies what is there, and does not run as root', () => {
    const copied = lines
      .filter((line) => /^COPY (?!--from)/.test(line))
      .flatMap((line) => line.split(' ').slice(1, -1));
    expect(copied.length).toBeGreaterThan(2);
    for (const path of copied) expect(existsSync(join(ROOT, path)), path).toBe(true);
    expect(lines.filter((line) => line.startsWith('USER '))).toEqual(['USER 1337:1337']);
  });
});

describe('an image without the packages of developers', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'image-'));
    const listed = execFileSync('npm', ['ls', '--omit=dev', '--all', '--parseable'], { cwd: ROOT, encoding: 'utf8' });
    for (const path of listed.trim().split('\n').slice(1)) {
      const place = join(folder, relative(ROOT, path));
      // Nested ones come along with the package that they are in.
      if (existsSync(place)) continue;
      mkdirSync(dirname(place), { recursive: true });
      symlinkSync(path, place);
    }
    for (const name of ['src', 'package.json', 'config/profiles'])
      cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([['foresaild'], ['agent'], ['iptables'], ['control']])('has all that `foresail %s` loads', (command) => {
    const output = execFileSync(process.execPath, [join(folder, 'src/cli/bin.js'), command, '--help'], {
      encoding: 'utf8',
    });
    expect(output).toContain(`foresail ${command}`);
  });
});
