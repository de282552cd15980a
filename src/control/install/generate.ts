/** `npm run manifests`: writes config/crds and config/kustomize anew. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crdFiles } from './crds/crd-files.ts';
import { kustomizationFiles } from './kustomizations.ts';

const CONFIG = fileURLToPath(new URL('../../../config', import.meta.url));

for (const [folder, files] of [
  ['crds', crdFiles()],
  ['kustomize', kustomizationFiles()],
] as const) {
  rmSync(join(CONFIG, folder), { recursive: true, force: true });
  for (const [name, text] of files) {
    const file = join(CONFIG, folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
