import type { Command } from 'commander';
import { DEFAULT_NAMESPACE } from '../../control/install/installation.ts';
import { manifestYaml } from '../../control/install/render.ts';
import { KubeClient } from '../../control/kubernetes/kube-client.ts';
import { READER_ACCOUNT } from '../../control/multicluster/reader-account.ts';
import { createRemoteSecret } from '../../control/multicluster/remote-secret.ts';
import { CliError } from '../cli-error.ts';
import { addKubeOptions, type KubeOptions, openKubeConfig } from '../kube-options.ts';
import { printLine, stdout } from '../output.ts';

interface CreateOptions extends KubeOptions {
  readonly name: string;
  readonly istioNamespace: string;
  readonly serviceAccount: string;
  readonly server?: string;
}

export function configure(command: Command): void {
  addKubeOptions(command)
    .requiredOption('--name <cluster>', 'id of the cluster in the mesh')
    .option('-i, --istioNamespace <name>', 'where the service account is, and the Secret goes', DEFAULT_NAMESPACE)
    .option(
      '--service-account <name>',
      'as whom the cluster is read; made, with the right to do so, where it is not there',
      READER_ACCOUNT,
    )
    .option('--server <url>', 'of the API server as others reach it; without it that of the kubeconfig')
    .addHelpText(
      'after',
      `
What it prints gives read access to the cluster: keep it as you keep a password.

Example:
  foresail create-remote-secret --context east --name east | kubectl --context west apply -f -`,
    )
    .action(createSecret);
}

async function createSecret(options: CreateOptions): Promise<void> {
  const { name, istioNamespace: namespace, serviceAccount } = options;
  const config = openKubeConfig(options);
  const server = options.server ?? config.getCurrentCluster()?.server ?? '';
  const made = await createRemoteSecret({ client: new KubeClient(config), server, name, namespace, serviceAccount });
  if (made.kind === 'refused') throw new CliError(`cluster ${name} gives no secret`, { why: made.why, fix: made.fix });
  printLine(stdout, manifestYaml([made.secret]).trimEnd());
}
