import { type Command, Option } from 'commander';
import { FolderSource } from '../../control/sources/folder.ts';
import { PortTaken } from '../../control/up/local-edge.ts';
import { Session } from '../../control/up/session.ts';
import type { SidecarsMode } from '../../control/up/sidecars/state.ts';
import { parseYaml } from '../../resources/parse.ts';
import { CliError, EXIT_INTERRUPTED } from '../cli-error.ts';
import { addConsoleOptions, type ConsoleOptions, startConsole } from '../console-options.ts';
import { parsePort, parsePortOrAny } from '../parse-port.ts';
import { addJwksOptions, openCompiler, type SourceOptions } from '../source-options.ts';
import { untilInterrupted } from '../until-interrupted.ts';
import { upJsonReporter, upTextReporter } from '../up-output.ts';

interface UpOptions extends SourceOptions, ConsoleOptions {
  readonly edgePort: number;
  readonly gatewayPort?: number;
  readonly echoMissing?: boolean;
  readonly run?: boolean;
  readonly namespace?: string;
  readonly host: string;
  readonly sidecars: SidecarsMode;
  readonly output: 'text' | 'json';
}

const DEFAULT_EDGE_PORT = 8787;
/** What still runs then is left behind by nobody: workerd ends with this process. */
const STOP_WITHIN_MS = 5_000;

export function configure(command: Command): void {
  addConsoleOptions(addJwksOptions(command))
    .argument('[folder...]', 'folders and files of YAML', ['.'])
    .option('--edge-port <port>', 'port of the edge; 0: any that is free', parsePortOrAny, DEFAULT_EDGE_PORT)
    .option('--gateway-port <port>', 'server port of the Gateways on which requests are taken to arrive', parsePort)
    .option('--gateway <namespace/name...>', 'serve only these Gateways')
    .option('--echo-missing', 'stand-ins also for destinations and subsets that nothing declares')
    .option('--run', 'run the programs that foresail.dev/run annotations name: only for YAML that you trust')
    .option('-n, --namespace <name>', 'namespace of objects that name none')
    .option('--meshConfigFile <file>', 'mesh configuration, instead of the ConfigMap `istio` in `istio-system`')
    .option('--host <address>', 'address to bind to', 'localhost')
    .addOption(
      new Option(
        '--sidecars <mode>',
        'an Envoy beside each pod and one as cluster gateway, with mutual TLS between them; auto: where Envoy can be had',
      )
        .choices(['auto', 'required', 'off'])
        .env('FORESAIL_SIDECARS')
        .default('auto'),
    )
    .addOption(
      new Option('-o, --output <format>', 'what to print; json: one line when ready, one for each version after it')
        .choices(['text', 'json'])
        .default('text'),
    )
    .action(runUp);
}

async function runUp(paths: readonly string[], options: UpOptions): Promise<void> {
  const { namespace, edgePort, gatewayPort } = options;
  const interrupted = untilInterrupted();
  const parseOptions = namespace === undefined ? {} : { defaultNamespace: namespace };
  const source = new FolderSource({ paths, parse: (text, file) => parseYaml(text, { file, ...parseOptions }) });
  const reporter = options.output === 'json' ? upJsonReporter() : upTextReporter(source.name);
  const starting = Session.start({
    source,
    compiler: openCompiler(options, { directOrigins: false }),
    host: options.host,
    edgePort,
    gatewayPort,
    echoMissing: options.echoMissing ?? false,
    runApps: options.run ?? false,
    sidecars: options.sidecars,
    onEvent: reporter.onEvent,
  });
  const session = await Promise.race([starting, interrupted]).catch((error: unknown) => {
    throw error instanceof PortTaken ? portTaken(error) : error;
  });
  // Ctrl-C before it was ready; what runs already ends with this process.
  if (session === undefined) process.exit();
  const console = await startConsole(session.console, options.host, options).catch(async (error: unknown) => {
    await session.stop();
    throw error;
  });
  reporter.onReady(session, { console: console?.url, metrics: session.seeing.metricsUrl });
  await interrupted;
  // A second Ctrl-C: at once, but by way of `exit`, which takes workerd along.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(EXIT_INTERRUPTED));
  reporter.onStop();
  setTimeout(() => process.exit(), STOP_WITHIN_MS).unref();
  await Promise.all([console?.close(), session.stop()]);
  // A kept-alive connection to a real server must not hold the process up.
  process.exit();
}

function portTaken(error: PortTaken): CliError {
  return new CliError(error.message, {
    why: 'another program listens there, perhaps another `foresail up`',
    fix: 'Stop it, or choose another port: --edge-port 0 takes any that is free.',
    cause: error,
  });
}
