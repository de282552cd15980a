import { hostname } from 'node:os';
import { type Command, Option } from 'commander';
import { collectValues } from './collect-values.ts';
import { addConsoleOptions, type ConsoleOptions } from './console-options.ts';
import { addKubeOptions, type KubeOptions } from './kube-options.ts';
import { addGatewayListenOption, type GatewayListenOptions } from './open-link.ts';
import { parsePortOrAny } from './parse-port.ts';
import { addPublishOptions, type PublishOptions } from './publish-options.ts';
import { addJwksOptions, type SourceOptions } from './source-options.ts';

/** Of foresaild, whatever it reads. */
export interface DaemonOptions extends PublishOptions, SourceOptions, GatewayListenOptions, ConsoleOptions {
  readonly trustDomain?: string;
  readonly listen?: string;
  readonly plaintextListen?: string;
  readonly name?: readonly string[];
  readonly minPhase: number;
  readonly httpHost?: string;
  readonly httpPort: number;
  readonly telemetryPort?: number;
  readonly output: 'text' | 'json';
}

export interface FolderDaemonOptions extends DaemonOptions {
  readonly caDir: string;
  readonly linkDir?: string;
}

export interface ClusterDaemonOptions extends DaemonOptions, KubeOptions {
  readonly namespace: string;
  readonly identity: string;
  readonly filename?: string;
  readonly service: string;
  readonly webhookPort?: number;
  readonly injector?: string;
  readonly revision?: string;
  readonly edge?: readonly string[];
  readonly linkSecret?: string;
}

export function addDaemonOptions(command: Command): Command {
  command
    .option('--meshConfigFile <file>', 'mesh configuration, instead of the ConfigMap `istio` of the root namespace')
    .option('--gateway <namespace/name>', 'serve only this Gateway; may be given several times', collectValues)
    .option('--trust-domain <name>', 'of the CA, where there is none yet (default: cluster.local)')
    .option(
      '--listen <address>',
      'host:port for proxies and agents (default: 0.0.0.0:15012; over a folder 127.0.0.1:15012)',
    )
    .option('--plaintext-listen <address>', 'host:port for proxies that come without TLS, with their token (15010)')
    .option('--name <name...>', 'DNS names and addresses by which proxies reach it')
    .option('--min-phase <seconds>', 'how long each phase of a rotation of the root lasts at least', Number, 30)
    .option('--http-host <address>', 'for health and status (default: 0.0.0.0; over a folder 127.0.0.1)')
    .option('--http-port <port>', 'for health and status; 0: any that is free', parsePortOrAny, 8080)
    .option(
      '--telemetry-port <port>',
      'for Prometheus, and for what edges push with the token in FORESAIL_TELEMETRY_TOKEN; 0: any that is free',
      parsePortOrAny,
    )
    .addOption(
      new Option('-o, --output <format>', 'what to print; json: a line when ready, and one for each event')
        .choices(['text', 'json'])
        .default('text'),
    );
  addConsoleOptions(addGatewayListenOption(addPublishOptions(addJwksOptions(command))));
  command
    .optionsGroup('Over a folder:')
    .option('--ca-dir <folder>', "the CA's folder (env FORESAIL_CA_DIR)", process.env.FORESAIL_CA_DIR ?? '.foresail/ca')
    .option(
      '--link-dir <folder>',
      'keys of `foresail link`, for cluster gateways (env FORESAIL_LINK_DIR)',
      process.env.FORESAIL_LINK_DIR,
    );
  return addKubeOptions(command.optionsGroup('In a cluster:'))
    .option('-f, --filename <file>', 'IstioOperator: its meshConfig, values and revision')
    .option('-n, --namespace <name>', 'where foresaild runs', process.env.POD_NAMESPACE ?? 'istio-system')
    .option('--identity <name>', 'of this replica', process.env.POD_NAME ?? `${hostname()}-${process.pid}`)
    .option('--service <name>', 'the Service by which proxies and the API server find it', 'istiod')
    .option('--webhook-port <port>', 'for admission webhooks (15017); none without it', parsePortOrAny)
    .option('--injector <folder>', 'where the ConfigMap `istio-sidecar-injector` is mounted; its values go before -f')
    .option('--revision <name>', 'of the control plane; without it that of -f')
    .option(
      '--edge <url>',
      "an edge's admin pages, asked what it serves (env FORESAIL_ADMIN_TOKEN); may be given several times",
      collectValues,
    )
    .option('--link-secret <name>', 'of `foresail link --to-cluster`: whose passes cluster gateways take');
}
