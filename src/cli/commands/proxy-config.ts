import { type Command, Option } from 'commander';
import type { Side } from '../../control/simulate/diff/side.ts';
import { BadInput, checkingInput } from '../bad-input.ts';
import { collectValues } from '../collect-values.ts';
import { openSide } from '../open-side.ts';
import { printTable, stdout } from '../output.ts';
import { clusterRows, listenerRows, policyRows, routeRows } from '../proxy-config-rows.ts';
import { printStructured } from '../structured-output.ts';

interface ProxyConfigOptions {
  readonly filename?: readonly string[];
  readonly store?: string;
  readonly meshConfigFile?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly output: 'short' | 'json' | 'yaml';
}

const KINDS = {
  route: routeRows,
  cluster: clusterRows,
  listener: listenerRows,
  policy: policyRows,
} as const;

const HELP = `
The compiled configuration of the edge: what requests are decided by. From a folder (-f), or as it was published
(--store PATH[@VERSION], or kv[@VERSION]). route, cluster and listener have istioctl's columns.

Examples:
  foresail proxy-config route -f mesh/
  foresail proxy-config cluster --store published@41
  foresail proxy-config route -f mesh/ --name shop.example.com -o json`;

export function configure(command: Command): void {
  command
    .argument('<kind>', 'route, cluster, listener or policy')
    .option('-f, --filename <path>', 'folder or file of YAML (default: here)', collectValues)
    .option('--store <path>', 'published configuration: PATH[@VERSION] of a folder store, or kv[@VERSION]')
    .option('--meshConfigFile <file>', 'mesh configuration, instead of the ConfigMap `istio` in `istio-system`')
    .option('-n, --namespace <name>', 'namespace of objects that name none')
    .option('--name <text>', 'only rows in which this text occurs')
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['short', 'json', 'yaml']).default('short'))
    .addHelpText('after', HELP)
    .action(checkingInput(runProxyConfig));
}

async function runProxyConfig(kind: string, options: ProxyConfigOptions): Promise<void> {
  const singular = { routes: 'route', clusters: 'cluster', listeners: 'listener', policies: 'policy' }[kind] ?? kind;
  if (!Object.hasOwn(KINDS, singular)) {
    throw new BadInput(`there is no ${kind} in the configuration of an edge`, {
      fix: 'Choose route, cluster, listener or policy; Envoys have their own `istioctl proxy-config`.',
    });
  }
  const side = await open(options);
  const { head, rows } = KINDS[singular as keyof typeof KINDS](side);
  const { name } = options;
  const shown = rows.filter(({ cells }) => name === undefined || cells.some((cell) => cell.includes(name)));
  if (options.output !== 'short') {
    await printStructured(
      shown.map(({ value }) => value),
      options.output,
      stdout,
    );
    return;
  }
  printTable([head, ...shown.map(({ cells }) => cells)], stdout);
}

async function open(options: ProxyConfigOptions): Promise<Side> {
  if (options.store !== undefined) {
    if (options.filename !== undefined)
      throw new BadInput('-f and --store exclude each other', { fix: 'Leave one out.' });
    return openSide(`store:${options.store.replace(/^folder:/, '')}`, options);
  }
  const [path = '.', ...more] = options.filename ?? [];
  if (more.length > 0) throw new BadInput('one folder at a time', { fix: 'Name the folder that holds both.' });
  return openSide(path, options);
}
