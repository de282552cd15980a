import { readFile, writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { EdgeAccount } from '../../control/edge-deployment/account.ts';
import { deployEdge, type EdgePlan, ensureNamespace, MARK } from '../../control/edge-deployment/deploy.ts';
import { wranglerConfiguration } from '../../control/edge-deployment/wrangler-configuration.ts';
import { bundleEdge } from '../../control/up/bundle-edge.ts';
import { CloudflareClient } from '../../store/cloudflare-client.ts';
import { CliError } from '../cli-error.ts';
import { collectValues } from '../collect-values.ts';
import { printLine, printTable, stdout } from '../output.ts';
import { CLOUDFLARE_API } from '../store-options.ts';

interface Options {
  readonly account?: string;
  readonly apiBase: string;
  readonly name: string;
  readonly mesh: string;
  readonly kvTitle?: string;
  readonly route?: readonly string[];
  readonly var?: readonly string[];
  readonly secret?: readonly string[];
  readonly clientCertificate?: string;
  readonly clientKey?: string;
  readonly out: string;
}

const WORKER = fileURLToPath(new URL('../../edge/worker.ts', import.meta.url));
/** That of wrangler.toml in this repository: what the worker is tested with. */
const COMPATIBILITY_DATE = '2026-10-23';

export function configure(command: Command): void {
  const one = (name: string, description: string): Command =>
    command
      .command(name)
      .description(description)
      .option('--account <id>', 'Cloudflare account (env CLOUDFLARE_ACCOUNT_ID)', process.env.CLOUDFLARE_ACCOUNT_ID)
      .option('--api-base <url>', "instead of Cloudflare's API", process.env.FORESAIL_CLOUDFLARE_API ?? CLOUDFLARE_API)
      .option('--name <worker>', 'of the worker', 'foresail-edge')
      .option('--mesh <name>', 'audience of edge passes', 'foresail')
      .option('--kv-title <title>', 'of the KV namespace; without it <worker>-config')
      .option('--route <pattern@zone>', '`shop.example.com/*@example.com`; may be given several times', collectValues)
      .option('--var <name=value>', 'of the worker: FORESAIL_LINKS, SNAPSHOT_PUBLIC_KEY …', collectValues)
      .addHelpText(
        'after',
        '\nThe API token comes from the environment: CLOUDFLARE_API_TOKEN. Nothing is ever deleted.',
      );
  one('init', 'make the KV namespace and write wrangler.toml for it')
    .option('--out <file>', 'the file to write', 'wrangler.edge.toml')
    .action(init);
  one('deploy', 'upload the worker with its bindings, secrets and routes')
    .option(
      '--secret <name>',
      'taken from the environment variable of this name; may be given several times',
      collectValues,
    )
    .option('--client-certificate <file>', 'PEM: what the worker shows to cluster gateways')
    .option('--client-key <file>', 'PEM')
    .action(deploy);
  one('status', 'what of it is there').action(status);
}

async function init(options: Options): Promise<void> {
  const { name, mesh, out } = options;
  const title = titleOf(options);
  const { id, isNew } = await ensureNamespace(openAccount(options), title);
  printLine(stdout, `${isNew ? 'made' : 'kept'} KV namespace ${title} (${id})`);
  const text = wranglerConfiguration({
    script: name,
    mesh,
    namespaceId: id,
    compatibilityDate: COMPATIBILITY_DATE,
    variables: pairs(options.var),
    routes: routesOf(options),
    main: relative(dirname(resolve(out)), WORKER),
  });
  await writeFile(out, text);
  printLine(stdout, `wrote ${out}; publish with \`foresail push <yaml> --store kv --namespace-id ${id}\``);
}

async function deploy(options: Options): Promise<void> {
  const plan: EdgePlan = {
    script: options.name,
    mesh: options.mesh,
    kvTitle: titleOf(options),
    compatibilityDate: COMPATIBILITY_DATE,
    variables: pairs(options.var),
    secrets: Object.fromEntries((options.secret ?? []).map((name) => [name, secretIn(name)])),
    routes: routesOf(options),
    ...(await certificateOf(options)),
    bundle: () => bundleEdge({ minify: true }),
  };
  await deployEdge(openAccount(options), plan, ({ did, what }) => printLine(stdout, `${did} ${what}`));
}

async function status(options: Options): Promise<void> {
  const account = openAccount(options);
  const bindings = await account.bindings(options.name);
  const namespaceId = await account.kvNamespace(titleOf(options));
  const isOurs = bindings?.some(({ name }) => name === MARK) === true;
  const worker = bindings === undefined ? 'not there' : isOurs ? 'deployed' : "there, and not Foresail's";
  const secrets = isOurs ? await account.secretNames(options.name) : [];
  const rows = [
    ['worker', options.name, worker],
    ['KV namespace', titleOf(options), namespaceId ?? 'not there'],
    ...secrets.map((name) => ['secret', name, 'set']),
  ];
  for (const { pattern, zone } of routesOf(options)) {
    const zoneId = await account.zoneId(zone);
    const route =
      zoneId === undefined ? undefined : (await account.routes(zoneId)).find((one) => one.pattern === pattern);
    rows.push(['route', pattern, route === undefined ? 'not there' : `leads to ${route.script || 'no worker'}`]);
  }
  printTable([['WHAT', 'NAME', 'STATE'], ...rows], stdout);
}

function openAccount({ account, apiBase }: Options): EdgeAccount {
  const apiToken = process.env.CLOUDFLARE_API_TOKEN?.trim();
  if (account === undefined || !apiToken) {
    throw new CliError('Cloudflare does not know who you are', {
      why: account === undefined ? 'no account is given' : 'CLOUDFLARE_API_TOKEN is not set',
      fix: 'Set CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_API_TOKEN (Workers Scripts, Workers KV Storage and Workers Routes: Edit).',
    });
  }
  const base = apiBase.replace(/\/+$/, '');
  const name = `Cloudflare account ${account}`;
  return new EdgeAccount(
    new CloudflareClient({ name, base: `${base}/accounts/${encodeURIComponent(account)}`, apiToken }),
    new CloudflareClient({ name, base, apiToken }),
  );
}

function titleOf({ kvTitle, name }: Options): string {
  return kvTitle ?? `${name}-config`;
}

function routesOf({ route = [] }: Options): { pattern: string; zone: string }[] {
  return route.map((text) => {
    const at = text.lastIndexOf('@');
    if (at < 1)
      throw new CliError(`--route ${text} names no zone`, { fix: 'Write it as shop.example.com/*@example.com.' });
    return { pattern: text.slice(0, at), zone: text.slice(at + 1) };
  });
}

function pairs(list: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    list.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw new CliError(`--var ${text} is no assignment`, { fix: 'Write it as NAME=value.' });
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

/** Never an argument: those are seen by everybody on the machine. */
function secretIn(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new CliError(`the secret ${name} has no value`, { fix: `Set the environment variable ${name}.` });
  }
  return value;
}

async function certificateOf({
  clientCertificate,
  clientKey,
  name,
}: Options): Promise<Pick<EdgePlan, 'clientCertificate'>> {
  if (clientCertificate === undefined && clientKey === undefined) return {};
  if (clientCertificate === undefined || clientKey === undefined) {
    throw new CliError('half a client certificate is given', { fix: 'Give --client-certificate and --client-key.' });
  }
  const [certificatesPem, privateKeyPem] = await Promise.all([
    readFile(clientCertificate, 'utf8'),
    readFile(clientKey, 'utf8'),
  ]);
  return { clientCertificate: { name: `${name}-gateway`, certificatesPem, privateKeyPem } };
}
