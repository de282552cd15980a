import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileMesh } from '../../src/control/compile.ts';
import type { Side } from '../../src/control/simulate/diff/side.ts';
import type { Mesh } from '../../src/mesh/model.ts';
import { parseYaml } from '../../src/resources/parse.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'config', 'samples', 'guestbook');
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));
const texts = new Map(files.map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')]));

/** The guestbook sample, with one text of one file replaced. */
export function guestbook(edit?: { readonly file: string; readonly from: string; readonly to: string }): Mesh {
  const parsed = [...texts].map(([file, text]) => {
    if (edit?.file !== file) return parseYaml(text, { file });
    if (!text.includes(edit.from)) throw new Error(`${file} has no ${edit.from}`);
    return parseYaml(text.replace(edit.from, edit.to), { file });
  });
  const errors = parsed.flatMap(({ findings }) => findings).filter(({ level }) => level === 'Error');
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return compileMesh(parsed.flatMap(({ resources }) => resources)).mesh;
}

export function sideOf(mesh: Mesh, name = 'here'): Side {
  return { name, input: mesh.edge, locate: (origin) => origin };
}
