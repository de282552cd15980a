import { fileURLToPath } from 'node:url';
import { build, stop } from 'esbuild';

const WORKER = fileURLToPath(new URL('../../edge/worker.ts', import.meta.url));

/** The edge worker as one module, the way wrangler bundles it. */
export async function bundleEdge(options: { readonly minify?: boolean } = {}): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [WORKER],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    minify: options.minify ?? false,
    conditions: ['workerd', 'worker', 'browser'],
    legalComments: 'none',
    logLevel: 'silent',
  });
  // esbuild keeps a process for the next build; there is none.
  await stop();
  const [file] = outputFiles;
  if (file === undefined) throw new Error('esbuild made no output for the edge worker');
  return file.text;
}
