import type { Command } from 'commander';
import type { RemoteClusterStatus } from '../../control/multicluster/remote-clusters.ts';
import { CliError } from '../cli-error.ts';
import { fetchStatus } from '../fetch-status.ts';
import { paint, printLine, printTable, stdout } from '../output.ts';
import { type OutputFormat, outputOption, printStructured } from '../structured-output.ts';
import { withProgress } from '../with-progress.ts';

interface RemoteClustersOptions {
  readonly controlPlane: string;
  readonly output: OutputFormat;
}

export function configure(command: Command): void {
  command
    .option(
      '--control-plane <url>',
      'status address of foresaild (env FORESAIL_CONTROL_PLANE)',
      process.env.FORESAIL_CONTROL_PLANE ?? 'http://127.0.0.1:8080',
    )
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
The clusters that Secrets with the label istio/multiCluster=true name:
  synced    all that runs there is known        syncing   it is being read for the first time
  timeout   it does not answer; the rest of the mesh has not waited for it
  refused   its kubeconfig cannot be used, and why; what was known of the cluster goes on

Example:
  kubectl -n istio-system port-forward deploy/istiod 8080 & foresail remote-clusters`,
    )
    .action(remoteClusters);
}

async function remoteClusters({ controlPlane, output }: RemoteClustersOptions): Promise<void> {
  const clusters = await withProgress('asking', ask(controlPlane));
  if (output !== 'text') return printStructured(clusters, output, stdout);
  if (clusters.length === 0) return printLine(stdout, 'no Secret names a remote cluster');
  const rows = clusters.map(({ name, secret, status }) => [name, secret, status]);
  printTable([['NAME', 'SECRET', 'STATUS'], ...rows], stdout);
  for (const { name, why } of clusters) {
    if (why !== undefined) printLine(stdout, paint(stdout, 'yellow', `${name}: ${why}`));
  }
}

async function ask(base: string): Promise<readonly RemoteClusterStatus[]> {
  try {
    const url = new URL('/api/v1/remote-clusters', base).href;
    return (await fetchStatus(url)) as readonly RemoteClusterStatus[];
  } catch (cause) {
    throw new CliError('the control plane cannot be asked', {
      why: cause instanceof Error ? cause.message : String(cause),
      fix: 'Give its status address with --control-plane.',
      cause,
    });
  }
}
