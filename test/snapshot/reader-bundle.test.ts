import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

const MAX_GZIPPED_BYTES = 8 * 1024;

it('the reader brings nothing of the writer, of Node or of a library to the edge', async () => {
  const entry = fileURLToPath(new URL('../../src/snapshot/reader.ts', import.meta.url));
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    metafile: true,
  });
  for (const input of Object.keys(metafile.inputs)) expect(input).toMatch(/^src\/(snapshot|engine)\//);
  expect(Object.keys(metafile.inputs)).not.toContain('src/snapshot/encode.ts');
  expect(gzipSync(outputFiles[0]?.contents ?? '').length).toBeLessThan(MAX_GZIPPED_BYTES);
});
