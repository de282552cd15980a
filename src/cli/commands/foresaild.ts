import { hostname } from 'node:os';
import { type Command, Option } from 'commander';
import { jsonLog, type Log } from '../../ca/log.ts';
import { startForesaildInCluster } from '../../control/daemon/foresaild-in-cluster.ts';
import { DEFAULT_INJECTION, type InjectionSettings } from '../../control/injection/settings.ts';
import { injectorFolder } from '../../control/install/injector-folder.ts';
import { KubeClient } from '../../control/kubernetes/kube-client.ts';
import { SecretCaStore } from '../../control/kubernetes/secret-ca-store.ts';
import { meshEncoder } from '../../control/proxies/mesh-encoder.ts';
import { collectValues } from '../collect-values.ts';
import { addKubeOptions, type KubeOptions, openKubeConfig } from '../kube-options.ts';
import { addGatewayListenOption, type GatewayListenOptions, openLink } from '../open-link.ts';
import { readOperator } from '../operator-file.ts';
import { printJson, stdout } from '../output.ts';
import { parsePortOrAny } from '../parse-port.ts';
import { addPublishOptions, openPublisher, type PublishOptions } from '../publish-options.ts';
import { addJwksOptions, openCompiler, type SourceOptions } from '../source-options.ts';
import { telemetryAddress } from '../telemetry-address.ts';
import { untilInterrupted } from '../until-interrupted.ts';
import { syncReporter } from './syncer.ts';

interface ForesaildOptions extends PublishOptions, SourceOptions, KubeOptions, GatewayListenOptions {
  readonly namespace: string;
  readonly identity: string;
  readonly filename?: string;
  readonly service: string;
  readonly listen: string;
  readonly httpHost: string;
  readonly httpPort: number;
  readonly telemetryPort?: number;
  readonly webhookPort?: number;
  readonly injector?: string;
  readonly revision?: string;
  readonly edge?: readonly string[];
  readonly linkSecret?: string;
  readonly output: 'text' | 'json';
}

/** What hangs on its store is left: a root is written last, so nothing is half done. */
const EXIT_AFTER_MS = 10_000;
/** `link rotate` waits longer than this before the worker signs with a new key. */
const LOOK_AT_LINK_EVERY_MS = 5_000;

export function configure(command: Command): void {
  addGatewayListenOption(addPublishOptions(addJwksOptions(addKubeOptions(command))))
    .option('-f, --filename <file>', 'IstioOperator: its meshConfig, values and revision')
    .option('--meshConfigFile <file>', 'mesh configuration, instead of the ConfigMap `istio` of the root namespace')
    .option('--gateway <namespace/name>', 'serve only this Gateway; may be given several times', collectValues)
    .option('-n, --namespace <name>', 'where foresaild runs', process.env.POD_NAMESPACE ?? 'istio-system')
    .option('--identity <name>', 'of this replica', process.env.POD_NAME ?? `${hostname()}-${process.pid}`)
    .option('--service <name>', 'the Service by which proxies and the API server find it', 'istiod')
    .option('--listen <address>', 'host:port for proxies and agents', '0.0.0.0:15012')
    .option('--http-host <address>', 'for health and status', '0.0.0.0')
    .option('--http-port <port>', 'for health and status; 0: any that is free', parsePortOrAny, 8080)
    .option(
      '--telemetry-port <port>',
      'for Prometheus, and for what edges push with the token in FORESAIL_TELEMETRY_TOKEN; 0: any that is free',
      parsePortOrAny,
    )
    .option('--webhook-port <port>', 'for admission webhooks (15017); none without it', parsePortOrAny)
    .option('--injector <folder>', 'where the ConfigMap `istio-sidecar-injector` is mounted; its values go before -f')
    .option('--revision <name>', 'of the control plane; without it that of -f')
    .option(
      '--edge <url>',
      "an edge's admin pages, asked what it serves (env FORESAIL_ADMIN_TOKEN); may be given several times",
      collectValues,
    )
    .option('--link-secret <name>', 'of `foresail link --to-cluster`: whose passes cluster gateways take')
    .addOption(
      new Option('-o, --output <format>', 'what to print; json: a line when ready, and one for each event')
        .choices(['text', 'json'])
        .default('text'),
    )
    .addHelpText(
      'after',
      `
It finds the API server as kubectl does, or by the service account of its pod. Of several replicas one publishes and
writes statuses, chosen by the Lease foresail-leader; all of them serve proxies, certificates and webhooks.

Examples:
  foresail foresaild --store kv --namespace-id <id> --webhook-port 15017
  foresail foresaild --kubeconfig ~/.kube/config --store folder:published --http-port 0`,
    )
    .action(runForesaild);
}

async function runForesaild(options: ForesaildOptions): Promise<void> {
  const interrupted = untilInterrupted();
  const { namespace, service, edge, webhookPort } = options;
  const operator = await readOperator(options.filename);
  const { network, meshId } = operator;
  const revision = options.revision ?? operator.revision ?? DEFAULT_INJECTION.revision;
  const log = jsonLog('foresaild');
  const installed = options.injector === undefined ? undefined : openInjector(options, options.injector, revision, log);
  const clusterId = installed?.().clusterId ?? operator.clusterId;
  const trustDomain = installed?.().trustDomain ?? operator.trustDomain;
  const compiler = openCompiler(options, {
    ...(clusterId === undefined ? {} : { clusterId }),
    ...(operator.meshConfig === undefined ? {} : { meshConfig: operator.meshConfig }),
  });
  const hasStore = options.store !== undefined || options.namespaceId !== undefined;
  const publisher = hasStore ? await openPublisher(options) : undefined;
  if (publisher === undefined) {
    log('nothing-published', {
      why: 'no store is given: proxies, certificates and webhooks only',
      fix: 'values.edge.kvNamespaceId of the installation, or --store',
    });
  }
  const client = new KubeClient(openKubeConfig(options));
  const link =
    options.linkSecret === undefined
      ? undefined
      : await openLink(new SecretCaStore(client, namespace, options.linkSecret), options, LOOK_AT_LINK_EVERY_MS);
  const host = `${service}.${namespace}.svc`;
  const injection = {
    ...DEFAULT_INJECTION,
    discoveryAddress: `${host}:15012`,
    revision,
    clusterId: clusterId ?? DEFAULT_INJECTION.clusterId,
    network: network ?? DEFAULT_INJECTION.network,
    meshId: meshId ?? DEFAULT_INJECTION.meshId,
    trustDomain: trustDomain ?? DEFAULT_INJECTION.trustDomain,
  };
  const daemon = await startForesaildInCluster({
    client,
    namespace,
    identity: options.identity,
    trustDomain: injection.trustDomain,
    compiler,
    publisherWith: publisher?.within.bind(publisher),
    encoder: meshEncoder({ clusterGateway: () => link?.options }),
    grpc: { address: options.listen, names: [host, `${host}.cluster.local`, 'localhost', '127.0.0.1'] },
    http: { host: options.httpHost, port: options.httpPort },
    telemetry: telemetryAddress(options.httpHost, options.telemetryPort),
    ...(webhookPort === undefined
      ? {}
      : { webhooks: { host: '0.0.0.0', port: webhookPort, service, injection: installed ?? (() => injection) } }),
    ...(edge === undefined ? {} : { edges: { edges: edge, token: process.env.FORESAIL_ADMIN_TOKEN ?? '' } }),
    log,
    onSync: syncReporter(options.output, publisher?.storeName ?? 'memory'),
  });
  if (link !== undefined) link.onChange = () => daemon.proxies.configs.refresh();
  const { status, proxies, webhookPort: servedWebhookPort } = daemon;
  if (options.output === 'json') {
    printJson({ ready: true, status: status.url, grpcPort: proxies.port, webhookPort: servedWebhookPort }, stdout);
  }
  await interrupted;
  setTimeout(() => process.exit(), EXIT_AFTER_MS).unref();
  link?.stop();
  await daemon.stop();
}

function openInjector(
  { namespace, meshConfigFile }: ForesaildOptions,
  folder: string,
  revision: string,
  log: Log,
): () => InjectionSettings {
  const onProblem = (error: unknown): void => log('injector-settings-failed', { why: String(error) });
  return injectorFolder({ folder, meshFile: meshConfigFile, namespace, revision, onProblem });
}
