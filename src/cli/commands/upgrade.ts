import type { Command } from 'commander';
import { listRevisions } from '../../control/install/cluster/tags.ts';
import { CliError } from '../cli-error.ts';
import { addInstallationOptions, type InstallationOptions, openCluster, readInstallation } from '../install-options.ts';
import { addKubeOptions, type KubeOptions } from '../kube-options.ts';
import { type RunInstallOptions, runInstall } from '../run-install.ts';
import { addRunOptions } from './install.ts';

export function configure(command: Command): void {
  addRunOptions(addKubeOptions(addInstallationOptions(command)))
    .addHelpText(
      'after',
      '\nChanges a revision in place. To have the old and the new one side by side: `foresail install --revision <new>`, then\n`foresail tag set default --revision <new> --overwrite`, restart the pods, `foresail uninstall --revision <old>`.',
    )
    .action(upgrade);
}

async function upgrade(options: InstallationOptions & KubeOptions & RunInstallOptions): Promise<void> {
  const client = openCluster(options);
  const installation = await readInstallation(options);
  const revisions = await listRevisions(client);
  if (!revisions.includes(installation.revision)) {
    throw new CliError(`revision ${installation.revision} is not installed`, {
      why: revisions.length === 0 ? 'there is none in this cluster' : `installed: ${revisions.join(', ')}`,
      fix: 'Install it with `foresail install`.',
    });
  }
  await runInstall(client, installation, options);
}
