import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleModules } from '../bundle-module.ts';
import type { Asset, ConsoleAssets } from './assets.ts';

const DASHBOARD = new URL('../../dashboard/', import.meta.url);
const ENTRIES = ['main.tsx', 'graph/layout-worker.ts', 'style/main.css'];

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The web console, bundled when the first page is asked for and kept: who never opens it pays nothing. */
export function dashboardAssets(): ConsoleAssets {
  let building: Promise<ReadonlyMap<string, Asset>> | undefined;
  const files = (): Promise<ReadonlyMap<string, Asset>> => {
    building ??= bundle().catch((error: unknown) => {
      building = undefined;
      throw error;
    });
    return building;
  };
  return {
    get: async (path) => (await files()).get(path),
    async page() {
      const paths = [...(await files()).keys()];
      const find = (name: string): string => paths.find((path) => path.startsWith(`/assets/${name}-`)) ?? '';
      const template = await readFile(new URL('index.html', DASHBOARD), 'utf8');
      const html = template
        .replace('{{style}}', find('style/main'))
        .replace('{{script}}', find('main'))
        .replace('{{worker}}', find('graph/layout-worker'));
      return { contentType: 'text/html; charset=utf-8', body: new TextEncoder().encode(html) };
    },
  };
}

async function bundle(): Promise<ReadonlyMap<string, Asset>> {
  const outputs = await bundleModules({
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
  return new Map(
    outputs.map(({ path, contents }) => [
      path,
      { contentType: CONTENT_TYPES[extname(path)] ?? 'application/octet-stream', body: new Uint8Array(contents) },
    ]),
  );
}
