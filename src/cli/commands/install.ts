import type { Command } from 'commander';
import { addInstallationOptions, type InstallationOptions, openCluster, readInstallation } from '../install-options.ts';
import { addKubeOptions, type KubeOptions } from '../kube-options.ts';
import { parseCount } from '../publish-options.ts';
import { type RunInstallOptions, runInstall } from '../run-install.ts';

const DEFAULT_READINESS_TIMEOUT_S = 300;

const HELP = `
Shows what would change before it changes anything. Objects that Foresail has not made are never touched, and of its own it
removes those of this revision that are no longer asked for. Definitions (CRDs) that Istio has brought stay as they are.

Examples:
  foresail install                                        # profile default
  foresail install --set profile=demo -y
  foresail install -f IstioOperator.yaml --revision 1-20-1 --dry-run`;

export function configure(command: Command): void {
  addRunOptions(addKubeOptions(addInstallationOptions(command)))
    .addHelpText('after', HELP)
    .action(install);
}

export function addRunOptions(command: Command): Command {
  return command
    .option('--dry-run', 'show what would change, and change nothing')
    .option('-y, --skip-confirmation', 'do not ask')
    .option('--readiness-timeout <seconds>', 'for each component', parseCount, DEFAULT_READINESS_TIMEOUT_S);
}

async function install(options: InstallationOptions & KubeOptions & RunInstallOptions): Promise<void> {
  await runInstall(openCluster(options), await readInstallation(options), options);
}
