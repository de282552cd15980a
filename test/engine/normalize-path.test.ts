import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalizePath, type PathNormalization } from '../../src/engine/normalize-path.ts';

const vectors: readonly [mode: PathNormalization, path: string, expected: string][] = [
  ['BASE', '/app%2f/', '/app%2f/'],
  ['BASE', '/xyz%30..//abc', '/xyz0..//abc'],
  ['BASE', '/app//../admin', '/app/admin'],
  ['BASE', '/app/\\/\\/\\admin', '/app//////admin'],
  ['BASE', '/%252e%252e/admin', '/%252e%252e/admin'],
  ['BASE', '/..;/admin', '/admin'],
  ['BASE', '/a/..;x\\b/c', '/c'],
  ['BASE', '/a/.;/b', '/a/b'],
  ['BASE', '/a/%2e%2e;/b', '/a/..;/b'],
  ['BASE', '/a/...;/b', '/a/...;/b'],
  ['BASE', '/v"x\'{}<>|^`~', "/v%22x'%7B%7D%3C%3E%7C%5E%60~"],
  ['NONE', '/v{x}', '/v{x}'],
  ['MERGE_SLASHES', '/a//../b', '/a/b'],
  ['MERGE_SLASHES', '///', '//'],
  ['DECODE_AND_MERGE_SLASHES', '/a%2f..;/b', '/b'],
  ['BASE', '/admin;a=b', '/admin;a=b'],
  ['BASE', '/../../etc', '/etc'],
  ['BASE', '/%41%7e%2D%5f', '/A~-_'],
  ['BASE', '/a/.', '/a/'],
  ['BASE', '/a/..', '/'],
  ['BASE', '/a/%2e%2E/b', '/b'],
  ['MERGE_SLASHES', '//a///b', '/a/b'],
  ['MERGE_SLASHES', '/a%2f%2fb', '/a%2f%2fb'],
  ['DECODE_AND_MERGE_SLASHES', '/a%2f%5C%2Fb', '/a/b'],
  ['NONE', '/a/../b//%41', '/a/../b//%41'],
];

describe('normalizePath', () => {
  for (const [mode, path, expected] of vectors) {
    it(`makes ${expected} of ${path} in mode ${mode}`, () => {
      expect(normalizePath(path, mode)).toBe(expected);
    });
  }

  it('changes nothing the second time', () => {
    const path = fc.stringMatching(/^\/(?:[a-z/.\\]|%2e|%2F|%5c|%41|%25){0,12}$/);
    const mode = fc.constantFrom<PathNormalization>('NONE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES');
    fc.assert(
      fc.property(path, mode, (raw, how) => {
        const once = normalizePath(raw, how);
        expect(normalizePath(once, how)).toBe(once);
      }),
      { numRuns: 5000 },
    );
  });
});
