import type { Command } from 'commander';
import type { ConfigStore } from '../store/config-store.ts';
import { FolderStore } from '../store/folder.ts';
import { WorkersKvStore } from '../store/workers-kv.ts';
import { CliError } from './cli-error.ts';

export interface StoreOptions {
  readonly store?: string;
  readonly account?: string;
  readonly namespaceId?: string;
  readonly apiBase?: string;
}

export const CLOUDFLARE_API = 'https://api.cloudflare.com/client/v4';

export function addStoreOptions(command: Command): Command {
  return command
    .option('--store <target>', '`kv` or `folder:PATH` (env FORESAIL_STORE)', process.env.FORESAIL_STORE)
    .option('--account <id>', 'Cloudflare account (env CLOUDFLARE_ACCOUNT_ID)', process.env.CLOUDFLARE_ACCOUNT_ID)
    .option(
      '--namespace-id <id>',
      'Workers KV namespace (env FORESAIL_KV_NAMESPACE_ID)',
      process.env.FORESAIL_KV_NAMESPACE_ID,
    )
    .option(
      '--api-base <url>',
      "instead of Cloudflare's API: the local explorer of `wrangler dev`, http://127.0.0.1:PORT/cdn-cgi/local/explorer/api (env FORESAIL_KV_API_BASE)",
      process.env.FORESAIL_KV_API_BASE,
    )
    .addHelpText('after', '\nThe Cloudflare API token comes from the environment: CLOUDFLARE_API_TOKEN.');
}

export function openStore({ store, account, namespaceId, apiBase }: StoreOptions): ConfigStore {
  if (store?.startsWith('folder:')) {
    const path = store.slice('folder:'.length);
    if (path !== '') return new FolderStore(path);
  }
  // Who names a KV namespace means KV.
  if (store !== 'kv' && !(store === undefined && namespaceId !== undefined)) {
    throw new CliError(store === undefined ? 'no store is given' : `there is no store ${store}`, {
      why: 'published versions go to Workers KV or to a folder',
      fix: 'Add `--store folder:PATH`, or `--store kv --account <id> --namespace-id <id>`.',
    });
  }
  if (namespaceId === undefined) {
    throw new CliError('no Workers KV namespace is given', {
      fix: 'Add `--namespace-id <id>`; `wrangler kv namespace list` shows it.',
    });
  }
  const apiToken = process.env.CLOUDFLARE_API_TOKEN?.trim();
  const token = apiToken === undefined || apiToken === '' ? {} : { apiToken };
  if (apiBase !== undefined) return new WorkersKvStore({ apiBase: checkedUrl(apiBase), namespaceId, ...token });
  if (account === undefined || !('apiToken' in token)) {
    throw new CliError('Cloudflare does not know who you are', {
      why: account === undefined ? 'no account is given' : 'CLOUDFLARE_API_TOKEN is not set',
      fix: 'Set CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_API_TOKEN (permission "Workers KV Storage: Edit").',
    });
  }
  return new WorkersKvStore({ apiBase: `${CLOUDFLARE_API}/accounts/${account}`, namespaceId, ...token });
}

function checkedUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new CliError(`--api-base is no URL: ${text}`, { fix: 'Give it with http:// or https://.' });
  }
  return text;
}
