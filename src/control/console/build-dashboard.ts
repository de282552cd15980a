/** Writes the console's files into a folder (`npm run console -- <folder>`), for an image that has no bundler. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { bundleDashboard } from './bundle-dashboard.ts';

const folder = resolve(process.argv[2] ?? '.foresail/console');
for (const { path, contents } of await bundleDashboard()) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), contents);
}
