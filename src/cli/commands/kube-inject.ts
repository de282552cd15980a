import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { injectYaml } from '../../control/injection/inject-yaml.ts';
import { injectorSettings } from '../../control/install/injector-settings.ts';
import { parseMeshConfig } from '../../resources/mesh-config.ts';
import { CliError, EXIT_FINDINGS } from '../cli-error.ts';
import { collectValues } from '../collect-values.ts';
import { readInstallation } from '../install-options.ts';
import { printLine, stderr, stdout } from '../output.ts';

interface Options {
  readonly filename: string;
  readonly namespace: string;
  readonly meshConfigFile?: string;
  readonly operator?: readonly string[];
  readonly set?: readonly string[];
  readonly revision?: string;
}

export function configure(command: Command): void {
  command
    .requiredOption('-f, --filename <file>', 'workloads as YAML; `-` is standard input')
    .option('-n, --namespace <name>', 'of objects that name none', 'default')
    .option('--meshConfigFile <file>', 'instead of the defaults')
    .option('--operator <file>', 'the IstioOperator that the mesh was installed with', collectValues)
    .option('-s, --set <path=value>', 'a field of it', collectValues)
    .option('-r, --revision <name>', 'of the control plane')
    .addHelpText(
      'after',
      '\nPrints the file with proxies in every pod that may have one; comments and order stay. What was decided, and by what, is\nsaid on standard error.\n\nExample:\n  foresail kube-inject -f web.yaml | kubectl apply -f -',
    )
    .action(kubeInject);
}

async function kubeInject({ filename, namespace, meshConfigFile, operator, set, revision }: Options): Promise<void> {
  const installation = await readInstallation({
    ...(operator === undefined ? {} : { filename: operator }),
    ...(set === undefined ? {} : { set }),
    ...(revision === undefined ? {} : { revision }),
  });
  const meshText =
    meshConfigFile === undefined ? JSON.stringify(installation.spec.meshConfig) : await read(meshConfigFile);
  const { meshConfig } = parseMeshConfig(meshText, { file: meshConfigFile ?? 'spec.meshConfig' });
  const text = await read(filename === '-' ? '/dev/stdin' : filename);
  const { text: injected, objects } = inject(
    () => injectYaml(text, namespace, injectorSettings(installation, meshConfig)),
    filename,
  );
  for (const { name, outcome, because, warnings } of objects) {
    printLine(stderr, `${name}: ${outcome}: ${because}`);
    for (const warning of warnings) printLine(stderr, `  Warning: ${warning}`);
  }
  if (objects.some(({ outcome }) => outcome === 'refused')) process.exitCode = EXIT_FINDINGS;
  printLine(stdout, injected.trimEnd());
}

function inject<T>(work: () => T, file: string): T {
  try {
    return work();
  } catch (cause) {
    throw new CliError(`${file} cannot be injected`, { why: cause instanceof Error ? cause.message : '', cause });
  }
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new CliError(`${file} cannot be read`, { why: cause instanceof Error ? cause.message : '', cause });
  }
}
