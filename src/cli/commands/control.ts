import { type Command, Option } from 'commander';
import { LocalTokenIssuer } from '../../ca/callers/local-issuer.ts';
import { jsonLog } from '../../ca/log.ts';
import { FolderCaStore } from '../../ca/store/folder-store.ts';
import { startForesaild } from '../../control/daemon/foresaild.ts';
import { openOrInitCa } from '../../control/daemon/open-ca.ts';
import { meshEncoder } from '../../control/proxies/mesh-encoder.ts';
import { Publisher } from '../../control/publish.ts';
import { MemoryStore } from '../../store/memory.ts';
import { CliError } from '../cli-error.ts';
import { addGatewayListenOption, type GatewayListenOptions, openLink } from '../open-link.ts';
import { printJson, printLine, stderr, stdout } from '../output.ts';
import { parsePortOrAny } from '../parse-port.ts';
import { addPublishOptions, openPublisher, type PublishOptions } from '../publish-options.ts';
import { addSourceOptions, openCompiler, openSource, type SourceOptions } from '../source-options.ts';
import { telemetryAddress } from '../telemetry-address.ts';
import { untilInterrupted } from '../until-interrupted.ts';
import { syncReporter } from './syncer.ts';

interface ControlOptions extends PublishOptions, SourceOptions, GatewayListenOptions {
  readonly caDir: string;
  readonly trustDomain: string;
  readonly listen: string;
  readonly name: readonly string[];
  readonly httpHost: string;
  readonly httpPort: number;
  readonly telemetryPort?: number;
  readonly linkDir?: string;
  readonly minPhase: number;
  readonly output: 'text' | 'json';
}

/** What hangs on its store is left: a root is written last, so nothing is half done. */
const EXIT_AFTER_MS = 3_000;

export function configure(command: Command): void {
  addGatewayListenOption(addPublishOptions(addSourceOptions(command)))
    .option('--ca-dir <folder>', "the CA's folder (env FORESAIL_CA_DIR)", process.env.FORESAIL_CA_DIR ?? '.foresail/ca')
    .option('--trust-domain <name>', 'of the CA, where there is none yet', 'cluster.local')
    .option('--listen <address>', 'host:port for proxies and agents', '127.0.0.1:15012')
    .option('--name <name...>', 'DNS names and addresses by which they reach it', ['localhost', '127.0.0.1'])
    .option('--http-host <address>', 'for health and status', '127.0.0.1')
    .option('--http-port <port>', 'for health and status; 0: any that is free', parsePortOrAny, 8080)
    .option(
      '--telemetry-port <port>',
      'for Prometheus, and for what edges push with the token in FORESAIL_TELEMETRY_TOKEN; 0: any that is free',
      parsePortOrAny,
    )
    .option(
      '--link-dir <folder>',
      'keys of `foresail link`, for cluster gateways (env FORESAIL_LINK_DIR)',
      process.env.FORESAIL_LINK_DIR,
    )
    .option('--min-phase <seconds>', 'how long each phase of a rotation of the root lasts at least', Number, 30)
    .addOption(
      new Option('-o, --output <format>', 'what to print; json: a line when ready, and one for each event')
        .choices(['text', 'json'])
        .default('text'),
    )
    .addHelpText(
      'after',
      `
Examples:
  foresail control my-yaml                                    # no store: proxies only
  foresail control my-yaml --store folder:published           # and snapshots for the edge
  foresail ca token shop/web > token                          # what the agent of a workload shows
  foresail agent --namespace shop --service-account web --token token \\
    --ca localhost:15012 --ca-roots roots.pem --xds localhost:15012 --xds-server-name localhost
  curl localhost:8080/api/v1/proxies                          # also: status, findings, ca, /healthz, /readyz`,
    )
    .action(runControl);
}

async function runControl(paths: readonly string[], options: ControlOptions): Promise<void> {
  const interrupted = untilInterrupted();
  const store = new FolderCaStore(options.caDir);
  const ca = await openOrInitCa(store, options.trustDomain, jsonLog('foresaild'));
  const publisher = await publisherOf(options);
  const link = options.linkDir === undefined ? undefined : await openLink(new FolderCaStore(options.linkDir), options);
  const daemon = await startForesaild({
    source: openSource(paths),
    compiler: openCompiler(options),
    publisher,
    ca,
    tokens: await LocalTokenIssuer.open(store),
    encoder: meshEncoder({ clusterGateway: () => link?.options }),
    grpc: { address: options.listen, names: options.name, minPhaseMs: options.minPhase * 1000 },
    http: { host: options.httpHost, port: options.httpPort },
    telemetry: telemetryAddress(options.httpHost, options.telemetryPort),
    onSync: syncReporter(options.output, publisher.storeName),
  }).catch((error: unknown) => {
    throw isTaken(error) ? addressTaken(options, error) : error;
  });
  const { status, proxies, telemetry } = daemon;
  if (link !== undefined) link.onChange = () => proxies.configs.refresh();
  if (options.output === 'json')
    printJson({ ready: true, status: status.url, grpcPort: proxies.port, telemetry: telemetry?.url }, stdout);
  else printLine(stderr, `foresaild serves proxies on port ${proxies.port}, status on ${status.url}; Ctrl-C ends it`);
  await interrupted;
  setTimeout(() => process.exit(), EXIT_AFTER_MS).unref();
  link?.stop();
  await daemon.stop();
}

/** Without a store what is published goes nowhere, but it still has versions and changes. */
async function publisherOf(options: ControlOptions): Promise<Publisher> {
  if (options.store !== undefined || options.namespaceId !== undefined) return openPublisher(options);
  return new Publisher({ store: new MemoryStore(), mesh: options.mesh, syncer: 'foresaild' });
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && error.message.includes('EADDRINUSE');
}

function addressTaken({ listen, httpHost, httpPort }: ControlOptions, cause: unknown): CliError {
  return new CliError(`${listen} or ${httpHost}:${httpPort} is taken`, {
    why: 'another program listens there, perhaps another foresaild',
    fix: 'Stop it, or choose other addresses with --listen and --http-port.',
    cause,
  });
}
