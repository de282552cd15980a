import { type Command, Option } from 'commander';
import { printJson, stdout } from '../output.ts';
import { addPublishOptions, openPublisher, type PublishOptions, parseCount } from '../publish-options.ts';
import { printPublished, publishedJson } from '../publish-output.ts';

interface RollbackOptions extends PublishOptions {
  readonly output: 'text' | 'json';
}

export function configure(command: Command): void {
  addPublishOptions(command)
    .argument('[version]', 'as `foresail versions` lists it; without one, the newest with another content', parseCount)
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['text', 'json']).default('text'))
    .action(rollback);
}

async function rollback(version: number | undefined, options: RollbackOptions): Promise<void> {
  const publisher = await openPublisher(options);
  const result = await publisher.rollback(version);
  if (options.output === 'json') printJson(publishedJson(result), stdout);
  else printPublished(result, publisher.storeName, stdout);
}
