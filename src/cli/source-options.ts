import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { Compiler, type CompilerOptions } from '../control/compiler.ts';
import { FolderSource } from '../control/sources/folder.ts';
import type { SourceState } from '../control/sources/source.ts';
import type { Compiled } from '../control/syncer.ts';
import { parseYaml } from '../resources/parse.ts';
import { collectValues } from './collect-values.ts';

export interface SourceOptions {
  readonly meshConfigFile?: string;
  readonly gateway?: readonly string[];
  readonly jwksCa?: string;
}

export function addSourceOptions(command: Command): Command {
  return addJwksOptions(command)
    .argument('<path...>', 'folders and files of YAML or JSON; `-` is standard input')
    .option('--meshConfigFile <file>', 'mesh configuration, instead of the ConfigMap `istio` in `istio-system`')
    .option('--gateway <namespace/name>', 'serve only this Gateway; may be given several times', collectValues);
}

/** Where the keys of token issuers come from is written in YAML: what may be called is not. */
export function addJwksOptions(command: Command): Command {
  return command.option(
    '--jwks-ca <file>',
    'PEM of authorities to trust for the keys of token issuers (BLOCKED_CIDRS_IN_JWKS_URIS names what is never called)',
  );
}

export function openSource(paths: readonly string[]): FolderSource {
  return new FolderSource({ paths, parse: (text, file) => parseYaml(text, { file }) });
}

export function openCompiler(
  { meshConfigFile, gateway, jwksCa }: SourceOptions,
  options: Pick<CompilerOptions, 'directOrigins' | 'clusterId' | 'meshConfig'> = {},
): Compiler {
  return new Compiler({
    ...options,
    jwksFetch: {
      ca: jwksCa === undefined ? undefined : readFileSync(jwksCa, 'utf8'),
      blockedCidrs: process.env.BLOCKED_CIDRS_IN_JWKS_URIS?.split(',').filter((cidr) => cidr.trim() !== ''),
    },
    ...(meshConfigFile === undefined ? {} : { meshConfigFile }),
    ...(gateway === undefined ? {} : { workload: { only: gateway } }),
  });
}

export async function compileState(compiler: Compiler, { resources }: SourceState): Promise<Compiled> {
  const { mesh, findings } = await compiler.compile(resources);
  return { gateway: mesh.edge, findings };
}
