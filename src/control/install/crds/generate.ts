/** `npm run crds`: writes config/crds anew. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crdFiles } from './crd-files.ts';

const FOLDER = fileURLToPath(new URL('../../../../config/crds', import.meta.url));

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
for (const [name, text] of crdFiles()) writeFileSync(join(FOLDER, name), text);
