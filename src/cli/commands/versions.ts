import { type Command, Option } from 'commander';
import { ROOT_KEY } from '../../snapshot/format.ts';
import { infoOf, versionsOf } from '../../snapshot/history.ts';
import { readRoot } from '../../snapshot/root.ts';
import { printJson, printLine, printTable, stdout } from '../output.ts';
import { describe } from '../publish-output.ts';
import { addStoreOptions, openStore, type StoreOptions } from '../store-options.ts';

interface VersionsOptions extends StoreOptions {
  readonly output: 'text' | 'json';
}

export function configure(command: Command): void {
  addStoreOptions(command)
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['text', 'json']).default('text'))
    .action(listVersions);
}

async function listVersions(options: VersionsOptions): Promise<void> {
  const store = openStore(options);
  const text = await store.get(ROOT_KEY);
  const versions = text === undefined ? [] : versionsOf(await readRoot(text, [])).map(infoOf);
  if (options.output === 'json') return printJson(versions, stdout);
  if (versions.length === 0) return printLine(stdout, `nothing is published in the ${store.name}`);
  const rows = versions.map((version, i) => [
    `${version.version}${i === 0 ? ' *' : ''}`,
    new Date(version.createdAtMs).toISOString().replace('T', ' ').slice(0, 19),
    version.hash.slice(0, 12),
    version.syncer,
    describe(version) + (version.note === undefined ? '' : ` (${version.note})`),
  ]);
  printTable([['VERSION', 'PUBLISHED (UTC)', 'CONTENT', 'BY', 'SUMMARY'], ...rows], stdout);
}
