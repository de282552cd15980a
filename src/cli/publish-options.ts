import { hostname } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { DEFAULT_KEEP_VERSIONS, Publisher } from '../control/publish.ts';
import { importSigner } from '../snapshot/keys.ts';
import type { RootSigner } from '../snapshot/sign.ts';
import { openSigningKey } from './signing-key.ts';
import { addStoreOptions, openStore, type StoreOptions } from './store-options.ts';

export interface PublishOptions extends StoreOptions {
  readonly mesh: string;
  readonly signKey?: string;
  readonly createSignKey?: boolean;
  readonly keepVersions: number;
  readonly force?: boolean;
}

export function addPublishOptions(command: Command): Command {
  return addStoreOptions(command)
    .option('--mesh <name>', 'name of the mesh, kept in the snapshot', 'default')
    .option('--sign-key <file>', 'Ed25519 private key in PEM or JWK (env FORESAIL_SIGN_KEY: the key itself)')
    .option('--create-sign-key', 'make the key of --sign-key when there is none')
    .option('--keep-versions <n>', 'earlier versions to keep for rollback', parseCount, DEFAULT_KEEP_VERSIONS)
    .option('--force', 'publish over a root that cannot be read, or that others have signed');
}

export async function openPublisher(options: PublishOptions): Promise<Publisher> {
  const signer = await openSigner(options);
  return new Publisher({
    store: openStore(options),
    mesh: options.mesh,
    syncer: `${hostname()}:${process.pid}`,
    keepVersions: options.keepVersions,
    replaceBrokenRoot: options.force ?? false,
    ...(signer === undefined ? {} : { signer }),
  });
}

async function openSigner({ signKey, createSignKey }: PublishOptions): Promise<RootSigner | undefined> {
  if (signKey === undefined) {
    const text = process.env.FORESAIL_SIGN_KEY;
    return text === undefined || text === '' ? undefined : importSigner(text);
  }
  return openSigningKey({
    file: signKey,
    variable: 'SNAPSHOT_PUBLIC_KEY',
    createOption: '--create-sign-key',
    create: createSignKey ?? false,
  });
}

export function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1) throw new InvalidArgumentError('a whole number from 1 is needed');
  return count;
}
