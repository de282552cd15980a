import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { caseTokens } from '../case-tokens.ts';

const ROOT = join(import.meta.dirname, '../..');
const MAX_CHARS = 64 * 1024;

/** YAML that means something: every golden case and every sample. */
export const corpus: readonly string[] = ['test/cases', 'config/samples'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.yaml') && !path.endsWith('requests.yaml'))
    .map((path) => readFileSync(join(ROOT, folder, path), 'utf8').replaceAll(/\$\{CASE_JWKS\}/g, caseTokens.jwks))
    .filter((text) => text.length < MAX_CHARS),
);
