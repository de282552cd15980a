import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '..', 'src');

/** The house: data flows down the list, and a room imports only from rooms above it. */
const ROOMS = [
  'resources',
  'engine',
  'mesh',
  'analyze',
  'snapshot',
  'store',
  'edge',
  'xds',
  'ca',
  'agent',
  'control',
  'dashboard',
  'cli',
] as const;

/** What a room may not know of although it stands above. */
const FORBIDDEN: Readonly<Record<string, readonly string[]>> = {
  engine: ['resources'],
  store: ['resources', 'engine', 'mesh', 'analyze', 'snapshot'],
  edge: ['resources', 'mesh', 'analyze'],
  xds: ['snapshot', 'store', 'edge'],
  ca: ['edge'],
  agent: ['edge', 'mesh'],
};

/** The edge carries nothing of the cluster side. */
const FORBIDDEN_PACKAGES: Readonly<Record<string, readonly string[]>> = {
  engine: ['hono', 'zod', 'yaml', 'commander'],
  edge: ['zod', 'yaml', 'commander', '@kubernetes/client-node', '@grpc/grpc-js'],
};

interface SourceFile {
  readonly path: string;
  readonly room: string;
  readonly imports: readonly string[];
}

const files: readonly SourceFile[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') || path.endsWith('.tsx'))
  .filter((path) => !path.includes('/gen/'))
  .map((path) => ({
    path,
    room: path.split('/')[0] ?? '',
    imports: [...readFileSync(join(SRC, path), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(
      ([, target]) => target ?? '',
    ),
  }));

function targetOf(file: SourceFile, specifier: string): string | undefined {
  return specifier.startsWith('.') ? relative(SRC, normalize(join(SRC, dirname(file.path), specifier))) : undefined;
}

describe('the house', () => {
  it('has only rooms that are on the list', () => {
    expect([...new Set(files.map(({ room }) => room))].filter((room) => !ROOMS.includes(room as never))).toEqual([]);
  });

  it('has imports that point one way', () => {
    const wrong: string[] = [];
    for (const file of files) {
      for (const specifier of file.imports) {
        const target = targetOf(file, specifier);
        if (target === undefined) {
          const forbidden = FORBIDDEN_PACKAGES[file.room]?.some(
            (name) => specifier === name || specifier.startsWith(`${name}/`),
          );
          if (forbidden === true && !isAdmin(file, specifier)) wrong.push(`${file.path} imports ${specifier}`);
          continue;
        }
        const room = target.split('/')[0] ?? '';
        if (room === file.room) continue;
        const above = ROOMS.indexOf(room as never) < ROOMS.indexOf(file.room as never);
        if (!above || FORBIDDEN[file.room]?.includes(room) === true) wrong.push(`${file.path} imports ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('carries nothing of the cluster side into a browser', () => {
    const values = files
      .filter(({ room }) => room === 'dashboard')
      .flatMap(({ path }) =>
        [...readFileSync(join(SRC, path), 'utf8').matchAll(/^(import|export) (?!type )[^;]*?from '(\.[^']+)'/gm)].map(
          ([, , target]) => ({ path, target: relative(SRC, normalize(join(SRC, dirname(path), target ?? ''))) }),
        ),
      )
      .filter(({ target }) => !target.startsWith('dashboard/'));
    expect(values).toEqual([]);
  });

  it('has no import cycles', () => {
    const byPath = new Map(files.map((file) => [file.path, file]));
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (state.get(path) === 'done') return;
      if (state.get(path) === 'open') {
        cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
        return;
      }
      state.set(path, 'open');
      const file = byPath.get(path);
      for (const specifier of file?.imports ?? []) {
        const target = file === undefined ? undefined : targetOf(file, specifier);
        if (target !== undefined && byPath.has(target)) visit(target, [...trail, path]);
      }
      state.set(path, 'done');
    };
    for (const { path } of files) visit(path, []);
    expect(cycles).toEqual([]);
  });

  it('has no file in which two ideas would be clearer apart', () => {
    const long = files
      .map(({ path }) => ({ path, lines: readFileSync(join(SRC, path), 'utf8').split('\n').length }))
      .filter(({ lines }) => lines > 400);
    expect(long).toEqual([]);
  });
});

/** Hono serves the admin routes of the edge, and nothing else there. */
function isAdmin(file: SourceFile, specifier: string): boolean {
  return file.room === 'edge' && specifier.startsWith('hono');
}
