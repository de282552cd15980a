import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { startConsole } from '../console-options.ts';
import { startInCluster } from '../daemon/in-cluster.ts';
import { startOverFolder } from '../daemon/over-folder.ts';
import { addDaemonOptions, type ClusterDaemonOptions, type FolderDaemonOptions } from '../daemon-options.ts';
import { printJson, printLine, stderr, stdout } from '../output.ts';
import { untilInterrupted } from '../until-interrupted.ts';

/** What hangs on its store is left: a root is written last, so nothing is half done. */
const EXIT_AFTER_MS = 10_000;

export function configure(command: Command): void {
  addDaemonOptions(command)
    .argument('[path...]', 'folders and files of YAML or JSON; without one the API server is what it reads')
    .addHelpText(
      'after',
      `
Over a folder it is a control plane for machines without Kubernetes. In a cluster it finds the API server as kubectl does,
or by the service account of its pod; of several replicas one publishes and writes statuses, chosen by the Lease
foresail-leader; all of them serve proxies, certificates, webhooks and the console.

Examples:
  foresail control my-yaml                                    # no store: proxies only
  foresail control my-yaml --store folder:published           # and snapshots for the edge
  foresail ca token shop/web > token                          # what the agent of a workload shows
  foresail agent --namespace shop --service-account web --token token \\
    --ca localhost:15012 --ca-roots roots.pem --xds localhost:15012 --xds-server-name localhost
  curl localhost:8080/api/v1/proxies                          # also: status, findings, ca, /healthz, /readyz

  foresail foresaild --store kv --namespace-id <id> --webhook-port 15017          # in a cluster
  foresail foresaild --kubeconfig ~/.kube/config --store folder:published --http-port 0`,
    )
    .action(runForesaild);
}

async function runForesaild(
  paths: readonly string[],
  options: FolderDaemonOptions & ClusterDaemonOptions,
): Promise<void> {
  const interrupted = untilInterrupted();
  const { daemon, link, webhookPort } = await (paths.length > 0
    ? startOverFolder(paths, options)
    : startInCluster(options)
  ).catch((error: unknown) => {
    throw isTaken(error) ? addressTaken(error) : error;
  });
  const { status, proxies, telemetry } = daemon;
  if (options.plaintextListen !== undefined) await proxies.configs.ads.listen(options.plaintextListen);
  if (link !== undefined) link.onChange = () => proxies.configs.refresh();
  // Only this machine's browsers, or those that a port is forwarded for.
  const served = await startConsole(daemon.console, 'localhost', options);
  const places = { status: status.url, grpcPort: proxies.port, telemetry: telemetry?.url, console: served?.url };
  if (options.output === 'json') printJson({ ready: true, ...places, webhookPort }, stdout);
  else {
    const shown = served === undefined ? '' : `, its console on ${served.url}`;
    const what = `foresaild serves proxies on port ${proxies.port}, status on ${status.url}${shown}`;
    printLine(stderr, `${what}; Ctrl-C ends it`);
  }
  await interrupted;
  setTimeout(() => process.exit(), EXIT_AFTER_MS).unref();
  link?.stop();
  await served?.close();
  await daemon.stop();
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && error.message.includes('EADDRINUSE');
}

function addressTaken(cause: unknown): CliError {
  const where = /\S+:\d+/.exec(cause instanceof Error ? cause.message : '')?.[0] ?? 'an address';
  return new CliError(`${where} is taken`, {
    why: 'another program listens there, perhaps another foresaild',
    fix: 'Stop it, or choose other addresses with --listen, --http-port, --telemetry-port and --webhook-port.',
    cause,
  });
}
