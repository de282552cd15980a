import { fileURLToPath } from 'node:url';
import { bundleModules } from '../bundle-module.ts';

const WORKER = fileURLToPath(new URL('../../edge/worker.ts', import.meta.url));

/** The edge worker as one module, the way wrangler bundles it. */
export async function bundleEdge(options: { readonly minify?: boolean } = {}): Promise<string> {
  const [file] = await bundleModules({
    entryPoints: [WORKER],
    minify: options.minify ?? false,
    conditions: ['workerd', 'worker', 'browser'],
  });
  if (file === undefined) throw new Error('esbuild made no output for the edge worker');
  return file.text;
}
