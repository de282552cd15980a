import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { compileMesh } from '../control/compile.ts';
import { FolderSource } from '../control/sources/folder.ts';
import type { Mesh } from '../mesh/model.ts';
import type { Finding } from '../resources/finding.ts';
import type { AnyResource } from '../resources/kinds.ts';
import { parseYaml } from '../resources/parse.ts';
import { CliError } from './cli-error.ts';
import { collectValues } from './collect-values.ts';

export interface MeshSourceOptions {
  readonly filename?: readonly string[];
  readonly meshConfigFile?: string;
  readonly namespace?: string;
  readonly jwksCa?: string;
}

export interface LoadedMesh {
  readonly mesh: Mesh;
  readonly findings: readonly Finding[];
  readonly source: string;
}

export interface LoadOptions {
  /** Whether keys of token issuers are fetched: slow, and only needed where a token is to be verified. */
  readonly fetchKeys?: boolean;
  /** What to make of a file's text before it is read. */
  readonly edit?: (text: string) => string;
  /** Files that lie in the folder and are no part of it. */
  readonly except?: readonly string[];
  readonly defaultPaths?: readonly string[];
}

export function addMeshOptions(command: Command): Command {
  return command
    .option(
      '-f, --filename <path>',
      'folder or file of YAML; may be given several times (default: here)',
      collectValues,
    )
    .option('--meshConfigFile <file>', 'mesh configuration, instead of the ConfigMap `istio` in `istio-system`')
    .option('-n, --namespace <name>', 'namespace of objects that name none');
}

/** Reads and compiles a folder, as `foresail push` would. */
export async function loadMesh(options: MeshSourceOptions, load: LoadOptions = {}): Promise<LoadedMesh> {
  const paths = options.filename ?? load.defaultPaths ?? ['.'];
  const { edit, except = [] } = load;
  const parseOptions = options.namespace === undefined ? {} : { defaultNamespace: options.namespace };
  const source = new FolderSource({
    paths,
    parse: (text, file) =>
      except.includes(file)
        ? { resources: [], findings: [], skipped: [] }
        : parseYaml(edit === undefined ? text : edit(text), { file, ...parseOptions }),
  });
  const state = await source.read();
  const compile = load.fetchKeys === true ? compileFetching : compileOffline;
  const compiled = await compile(state.resources, options);
  return { mesh: compiled.mesh, findings: [...state.findings, ...compiled.findings], source: source.name };
}

type Compiled = ReturnType<typeof compileMesh>;

async function compileOffline(
  resources: readonly AnyResource[],
  { meshConfigFile }: MeshSourceOptions,
): Promise<Compiled> {
  return compileMesh(resources, { meshConfigFile: await meshConfigText(meshConfigFile) });
}

/** With the same bounds on what may be called as wherever else keys are fetched. */
async function compileFetching(resources: readonly AnyResource[], options: MeshSourceOptions): Promise<Compiled> {
  await meshConfigText(options.meshConfigFile);
  const { openCompiler } = await import('./source-options.ts');
  return openCompiler(options).compile(resources);
}

export async function meshConfigText(file: string | undefined): Promise<{ file: string; text: string } | undefined> {
  if (file === undefined) return undefined;
  try {
    return { file, text: await readFile(file, 'utf8') };
  } catch (cause) {
    throw new CliError(`the mesh configuration ${file} cannot be read`, {
      why: cause instanceof Error ? cause.message : String(cause),
      fix: 'Name a file of YAML that holds what the ConfigMap `istio` has under `mesh`.',
      cause,
    });
  }
}
