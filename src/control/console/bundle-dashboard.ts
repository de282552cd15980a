import { fileURLToPath } from 'node:url';
import type { OutputFile } from 'esbuild';
import { bundleModules } from '../bundle-module.ts';

const DASHBOARD = new URL('../../dashboard/', import.meta.url);
const ENTRIES = ['main.tsx', 'graph/layout-worker.ts', 'style/main.css'];

/** The web console as browsers take it; paths begin with `/assets/`, names carry a hash of the content. */
export async function bundleDashboard(): Promise<readonly OutputFile[]> {
  return await bundleModules({
    entryPoints: ENTRIES.map((entry) => fileURLToPath(new URL(entry, DASHBOARD))),
    outbase: fileURLToPath(DASHBOARD),
    outdir: '/assets',
    entryNames: '[dir]/[name]-[hash]',
    minify: true,
    splitting: true,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    target: 'es2022',
  });
}
