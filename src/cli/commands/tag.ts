import type { Command } from 'commander';
import { applyObject, removeAll } from '../../control/install/cluster/carry-out.ts';
import { checkTag, listTags, presentTagObjects, tagObjects } from '../../control/install/cluster/tags.ts';
import { DEFAULT_NAMESPACE } from '../../control/install/installation.ts';
import { manifestYaml } from '../../control/install/render.ts';
import { CliError } from '../cli-error.ts';
import { confirm, openCluster } from '../install-options.ts';
import { addKubeOptions, type KubeOptions } from '../kube-options.ts';
import { printJson, printLine, printTable, stderr, stdout } from '../output.ts';

interface Where extends KubeOptions {
  readonly istioNamespace: string;
}
interface SetOptions extends Where {
  readonly revision: string;
  readonly overwrite?: true;
  readonly skipConfirmation?: true;
}

export function configure(command: Command): void {
  const common = (one: Command): Command =>
    addKubeOptions(one).option('-i, --istioNamespace <name>', 'where the revision is', DEFAULT_NAMESPACE);
  const revision = (one: Command): Command => one.requiredOption('-r, --revision <name>', 'what the tag points to');
  revision(common(command.command('set').description('point a tag to a revision').argument('<tag>')))
    .option('--overwrite', 'also where it points elsewhere')
    .option('-y, --skip-confirmation', 'do not ask')
    .action(setTag);
  revision(common(command.command('generate').description('print what `set` would apply').argument('<tag>'))).action(
    (tag: string, { revision: to, istioNamespace }: SetOptions) => {
      printLine(stdout, manifestYaml(tagObjects(tag, { namespace: istioNamespace, revision: to })).trimEnd());
    },
  );
  common(command.command('list').description('tags, their revisions, and who asks for them'))
    .option('-o, --output <format>', 'json, or a table', 'table')
    .action(list);
  common(command.command('remove').description('take a tag away').argument('<tag>'))
    .option('-y, --skip-confirmation', 'do not ask')
    .action(remove);
}

async function setTag(tag: string, options: SetOptions): Promise<void> {
  const { revision, istioNamespace: namespace, overwrite } = options;
  const client = openCluster(options);
  await checkTag(client, tag, revision, overwrite === true);
  for (const object of tagObjects(tag, { namespace, revision })) await applyObject(client, object);
  const label = tag === 'default' ? 'istio-injection=enabled' : `istio.io/rev=${tag}`;
  printLine(
    stdout,
    `tag ${tag} points to revision ${revision}; pods of namespaces with ${label} get its proxy when they are made anew`,
  );
}

async function list(options: Where & { readonly output: string }): Promise<void> {
  const tags = await listTags(openCluster(options));
  if (options.output === 'json') return printJson(tags, stdout);
  if (tags.length === 0) return printLine(stderr, 'there are no tags');
  printTable(
    [
      ['TAG', 'REVISION', 'NAMESPACES'],
      ...tags.map(({ tag, revision, namespaces }) => [tag, revision, namespaces.join(',')]),
    ],
    stdout,
  );
}

async function remove(tag: string, options: Where & { readonly skipConfirmation?: true }): Promise<void> {
  const client = openCluster(options);
  const objects = await presentTagObjects(client, tag);
  if (objects.length === 0)
    throw new CliError(`there is no tag ${tag}`, { fix: '`foresail tag list` shows those that are.' });
  const namespaces = (await listTags(client)).find((one) => one.tag === tag)?.namespaces ?? [];
  const question = `${namespaces.length === 0 ? 'No namespace asks' : `${namespaces.join(', ')} ask`} for ${tag}: new pods there get no proxy then. Remove it?`;
  if (!(await confirm(question, options.skipConfirmation === true))) return;
  await removeAll(
    client,
    objects.map((object) => ({ action: 'remove', object, details: [] })),
    () => {},
  );
  printLine(stdout, `removed the tag ${tag}`);
}
