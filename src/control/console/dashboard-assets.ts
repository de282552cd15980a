import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Asset, ConsoleAssets } from './assets.ts';

const PAGE = new URL('../../dashboard/index.html', import.meta.url);

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * The web console's files: those that an image has brought along (FORESAIL_CONSOLE, written by build-dashboard.ts), else
 * bundled when the first page is asked for: who never opens it pays nothing.
 */
export function dashboardAssets(folder = process.env.FORESAIL_CONSOLE): ConsoleAssets {
  let reading: Promise<ReadonlyMap<string, Asset>> | undefined;
  const files = (): Promise<ReadonlyMap<string, Asset>> => {
    reading ??= (folder === undefined ? bundled() : builtIn(folder)).catch((error: unknown) => {
      reading = undefined;
      throw error;
    });
    return reading;
  };
  return {
    get: async (path) => (await files()).get(path),
    async page() {
      const paths = [...(await files()).keys()];
      const find = (name: string): string => paths.find((path) => path.startsWith(`/assets/${name}-`)) ?? '';
      const template = await readFile(PAGE, 'utf8');
      const html = template
        .replace('{{style}}', find('style/main'))
        .replace('{{script}}', find('main'))
        .replace('{{worker}}', find('graph/layout-worker'));
      return { contentType: 'text/html; charset=utf-8', body: new TextEncoder().encode(html) };
    },
  };
}

/** The bundler, and what it bundles, are packages of developers: an image is without them. */
async function bundled(): Promise<ReadonlyMap<string, Asset>> {
  const { bundleDashboard } = await import('./bundle-dashboard.ts');
  return new Map((await bundleDashboard()).map(({ path, contents }) => [path, assetOf(path, contents)]));
}

async function builtIn(folder: string): Promise<ReadonlyMap<string, Asset>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return new Map(
    await Promise.all(
      files.map(async (file): Promise<[string, Asset]> => {
        const path = file.slice(folder.length).replaceAll('\\', '/');
        return [path, assetOf(path, await readFile(file))];
      }),
    ),
  );
}

function assetOf(path: string, contents: Uint8Array): Asset {
  return { contentType: CONTENT_TYPES[extname(path)] ?? 'application/octet-stream', body: new Uint8Array(contents) };
}
