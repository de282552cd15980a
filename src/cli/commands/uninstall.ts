import type { Command } from 'commander';
import { removeAll } from '../../control/install/cluster/carry-out.ts';
import { ownedObjects, type Step } from '../../control/install/cluster/plan.ts';
import { listTags } from '../../control/install/cluster/tags.ts';
import { CliError } from '../cli-error.ts';
import { confirm, openCluster } from '../install-options.ts';
import { printPlan, progressPrinter } from '../install-output.ts';
import { addKubeOptions, type KubeOptions } from '../kube-options.ts';
import { printLine, stderr, stdout } from '../output.ts';
import { belongsTo } from '../run-install.ts';

interface Options extends KubeOptions {
  readonly revision?: string;
  readonly purge?: true;
  readonly dryRun?: true;
  readonly skipConfirmation?: true;
}

export function configure(command: Command): void {
  addKubeOptions(command)
    .option('-r, --revision <name>', 'what this revision consists of')
    .option('--purge', 'every revision, gateway and tag')
    .option('--dry-run', 'show what would go')
    .option('-y, --skip-confirmation', 'do not ask')
    .addHelpText(
      'after',
      '\nDefinitions (CRDs) and namespaces stay: with them everything that was written in them would go.',
    )
    .action(uninstall);
}

async function uninstall(options: Options): Promise<void> {
  const { revision, purge } = options;
  if ((revision === undefined) === (purge === undefined)) {
    throw new CliError('it is not said what is to go', { fix: 'Name one --revision, or everything with --purge.' });
  }
  const client = openCluster(options);
  const objects = await ownedObjects(client, revision === undefined ? () => true : belongsTo(revision));
  const removals = objects.map((object): Step => ({ action: 'remove', object, details: [] }));
  if (removals.length === 0) {
    printLine(
      stdout,
      revision === undefined ? 'nothing of Foresail is here' : `nothing of revision ${revision} is here`,
    );
    return;
  }
  printPlan({ components: [], removals }, stdout);
  const tags = revision === undefined ? [] : (await listTags(client)).filter((tag) => tag.revision === revision);
  for (const { tag, namespaces } of tags) {
    printLine(
      stderr,
      `Warning: the tag ${tag} points to this revision, for ${namespaces.join(', ') || 'no namespace yet'}`,
    );
  }
  if (options.dryRun === true) return;
  if (!(await confirm('These objects will be removed. Proceed?', options.skipConfirmation === true))) return;
  await removeAll(client, removals, progressPrinter(stdout));
  printLine(stdout, 'Uninstall complete');
}
