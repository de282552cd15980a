import { relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { MeshCa } from '../../ca/authority/mesh-ca.ts';
import { FolderCaStore } from '../../ca/store/folder-store.ts';
import { DEFAULT_NAMESPACE } from '../../control/install/installation.ts';
import { KubeClient } from '../../control/kubernetes/kube-client.ts';
import { SecretCaStore } from '../../control/kubernetes/secret-ca-store.ts';
import { ensureClientCertificate } from '../../control/link/client-certificate.ts';
import { dropOldClientRoots } from '../../control/link/client-trust.ts';
import { LinkKeys, PUBLIC_KEYS_FILE } from '../../control/link/link-keys.ts';
import type { LinkState } from '../../control/link/link-state.ts';
import { runWrangler } from '../../control/link/run-wrangler.ts';
import { shareLink } from '../../control/link/share-link.ts';
import {
  certificateStep,
  linksValue,
  secretStep,
  shellCommand,
  type WranglerStep,
} from '../../control/link/wrangler-steps.ts';
import { addKubeOptions, type KubeOptions, openKubeConfig } from '../kube-options.ts';
import { printLine, stdout } from '../output.ts';

interface FolderOptions {
  readonly dir: string;
}

interface ClusterOptions extends FolderOptions, KubeOptions {
  readonly toCluster?: true;
  readonly istioNamespace: string;
  readonly secret: string;
}

interface ApplyOptions extends ClusterOptions {
  readonly apply?: true;
  readonly config?: string;
  readonly env?: string;
}

interface LinkOptions extends ApplyOptions {
  readonly mesh: string;
  readonly gateway: Readonly<Record<string, string>>;
  readonly mtls?: string;
  readonly caDir: string;
}

const DEFAULT_FOLDER = '.foresail/link';
const DEFAULT_LINK_SECRET = 'foresail-link';
const DEFAULT_GATEWAY = { '*': 'https://gateway.example.com' };

export function configure(command: Command): void {
  const subcommands = [
    withApply(withFolder(command.command('create', { isDefault: true })))
      .description('make the keys where there are none, and print how to give them to the worker')
      .option('--mesh <name>', 'the audience of passes, MESH in wrangler.toml', 'foresail')
      .option('--gateway <cluster=url...>', "a cluster's gateway; `*` stands for every cluster", takeGateway)
      .option('--mtls <binding>', 'also a client certificate of the mesh CA, under the name of a binding of the worker')
      .option('--ca-dir <folder>', 'the CA that issues it', process.env.FORESAIL_CA_DIR ?? '.foresail/ca')
      .action(runCreate),
    withApply(withFolder(command.command('rotate')))
      .description('make a new key beside the old one; gateways take both until `link drop-old`')
      .option('--settle <seconds>', 'with --apply: how long the gateways have to learn of the new key', Number, 15)
      .action(runRotate),
    withCluster(withFolder(command.command('drop-old')))
      .description('forget the old key and the old client CA, once the worker has the new ones')
      .option('--force', 'although requests with a pass of the old key may still be on their way')
      .action(runDropOld),
    withFolder(command.command('status')).description('the keys, and which one signs').action(runStatus),
  ];
  for (const subcommand of subcommands) subcommand.showHelpAfterError('(see --help)');
  command.addHelpText(
    'after',
    `
Examples:
  foresail link --gateway '*=https://gateway.example.com'          # print what to do
  foresail link --gateway a=https://a.example.com --mtls GATEWAY   # with a client certificate
  foresail link --apply                                            # run wrangler too
  foresail link --to-cluster                                       # tell the foresaild of a cluster
  foresail link rotate --apply && sleep 120 && foresail link drop-old`,
  );
}

function withFolder(command: Command): Command {
  return command.option(
    '--dir <folder>',
    'where the keys are (env FORESAIL_LINK_DIR)',
    process.env.FORESAIL_LINK_DIR ?? DEFAULT_FOLDER,
  );
}

function withCluster(command: Command): Command {
  return addKubeOptions(command)
    .option('--to-cluster', 'write the public halves into a Secret, from which foresaild knows them')
    .option('-i, --istioNamespace <name>', 'where foresaild is', DEFAULT_NAMESPACE)
    .option('--secret <name>', 'values.edge.linkSecret of the installation', DEFAULT_LINK_SECRET);
}

/** Before a worker signs with a key, the gateways are to know it. */
async function shareWithCluster(options: ClusterOptions): Promise<void> {
  if (options.toCluster !== true) return;
  const secret = new SecretCaStore(new KubeClient(openKubeConfig(options)), options.istioNamespace, options.secret);
  await shareLink(new FolderCaStore(options.dir), secret);
  printLine(stdout, `the public halves are in ${secret.name}`);
}

function withApply(command: Command): Command {
  return withCluster(command)
    .option('--apply', 'run the wrangler commands instead of only printing them')
    .option('--config <file>', "wrangler's configuration")
    .option('--env <name>', "wrangler's environment");
}

async function runCreate(options: LinkOptions): Promise<void> {
  const store = new FolderCaStore(options.dir);
  const state = await new LinkKeys(store).create(options.mesh);
  const steps = [secretStep(state, pathIn(options.dir))];
  if (options.mtls !== undefined) {
    const ca = await MeshCa.open({ store: new FolderCaStore(options.caDir) });
    const isNew = await ensureClientCertificate(store, ca);
    const name = `foresail-edge-${new Date().toISOString().slice(0, 10)}`;
    if (isNew) steps.unshift(certificateStep(name, pathIn(options.dir)));
    else printLine(stdout, 'the client certificate is good for a month and more: nothing to upload');
  }
  printKeys(state, options.dir);
  await shareWithCluster(options);
  const outputs = await doOrPrint(steps, options);
  const certificateId = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(outputs.join('\n'))?.[0];
  const clusters = options.gateway ?? DEFAULT_GATEWAY;
  printLine(stdout, '\nin wrangler.toml:');
  if (options.mtls !== undefined) {
    const id = certificateId ?? '<the id that wrangler has printed>';
    printLine(stdout, `  mtls_certificates = [{ binding = "${options.mtls}", certificate_id = "${id}" }]`);
  }
  printLine(stdout, `  MESH = ${JSON.stringify(state.mesh)}`);
  const links = JSON.stringify(linksValue({ clusters, certificateBinding: options.mtls }));
  printLine(stdout, `  FORESAIL_LINKS = '${links}'`);
}

async function runRotate(options: ApplyOptions & { readonly settle: number }): Promise<void> {
  const state = await new LinkKeys(new FolderCaStore(options.dir)).rotate();
  printKeys(state, options.dir);
  await shareWithCluster(options);
  if (options.apply === true && options.settle > 0) {
    printLine(stdout, `waiting ${options.settle} s until the gateways know the new key`);
    await sleep(options.settle * 1000);
  }
  await doOrPrint([secretStep(state, pathIn(options.dir))], options);
  printLine(stdout, '\ntwo minutes after that: `foresail link drop-old`');
}

async function runDropOld(options: ClusterOptions & { readonly force?: true }): Promise<void> {
  const { dir, force } = options;
  const store = new FolderCaStore(dir);
  const state = await new LinkKeys(store).dropOld({ force: force === true });
  await dropOldClientRoots(store);
  printKeys(state, dir);
  await shareWithCluster(options);
}

async function runStatus({ dir }: FolderOptions): Promise<void> {
  const state = await new LinkKeys(new FolderCaStore(dir)).read();
  if (state === undefined) printLine(stdout, `there are no keys in ${dir}; \`foresail link\` makes them`);
  else printKeys(state, dir);
}

function printKeys({ mesh, active, keys }: LinkState, dir: string): void {
  printLine(stdout, `edge passes of mesh ${mesh}, keys in ${dir}:`);
  for (const { id, madeAtMs } of keys) {
    const role = id === active ? 'signs' : 'still taken by the gateways';
    printLine(stdout, `  ${id}  made ${new Date(madeAtMs).toISOString()}, ${role}`);
  }
  printLine(
    stdout,
    `the cluster gateways take what ${pathIn(dir)(PUBLIC_KEYS_FILE)} names: \`--to-cluster\`, or \`foresail control --link-dir\``,
  );
}

/** What wrangler has printed. */
async function doOrPrint(steps: readonly WranglerStep[], options: ApplyOptions): Promise<string[]> {
  const outputs: string[] = [];
  for (const step of steps) {
    printLine(stdout, `\nto ${step.what}:\n  ${shellCommand(step)}`);
    if (options.apply !== true) continue;
    const { config, env: environment } = options;
    outputs.push(await runWrangler(step, { config, environment }, (text) => stdout.write(text)));
  }
  return outputs;
}

function pathIn(dir: string): (file: string) => string {
  return (file) => relative('.', resolve(dir, file));
}

function takeGateway(text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const [, cluster, url] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (cluster === undefined || url === undefined || !/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new InvalidArgumentError('It is <cluster>=<http or https URL>.');
  }
  return { ...before, [cluster]: url.replace(/\/+$/, '') };
}
