import { Command, CommanderError } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { EXIT_FAILURE } from './cli-error.ts';
import { printError } from './output.ts';

/** What a file in `commands/` exports: arguments, options and the action. */
interface CommandModule {
  configure(command: Command): void;
}

/** In the order of `--help`. A command's file is loaded only when the command is asked for. */
const COMMANDS: Readonly<Record<string, { summary: string; alias?: string; load: () => Promise<CommandModule> }>> = {
  up: {
    summary: 'run a folder of Istio YAML on this machine: edge, store and stand-ins for the services',
    load: () => import('./commands/up.ts'),
  },
  dashboard: {
    summary: 'open the web console of what runs, or of a folder of YAML',
    load: () => import('./commands/dashboard.ts'),
  },
  push: {
    summary: 'compile a folder of YAML and publish it once',
    load: () => import('./commands/push.ts'),
  },
  syncer: {
    summary: 'watch a folder of YAML and publish every change',
    load: () => import('./commands/syncer.ts'),
  },
  versions: {
    summary: 'list the published versions',
    load: () => import('./commands/versions.ts'),
  },
  rollback: {
    summary: 'publish an earlier version again',
    load: () => import('./commands/rollback.ts'),
  },
  logs: { summary: 'follow what edges and Envoys have answered, and why', load: () => import('./commands/logs.ts') },
  analyze: { summary: 'find mistakes in YAML, as istioctl analyze does', load: () => import('./commands/analyze.ts') },
  explain: { summary: 'say why a request meets with what it meets', load: () => import('./commands/explain.ts') },
  test: { summary: 'run expectations on requests, in milliseconds', load: () => import('./commands/test.ts') },
  diff: { summary: 'what changes for callers between two configurations', load: () => import('./commands/diff.ts') },
  authz: {
    summary: 'which policies apply, where, and what they say of a request',
    load: () => import('./commands/authz.ts'),
  },
  describe: {
    summary: 'all that is said of a service, workload, host or route',
    load: () => import('./commands/describe.ts'),
  },
  validate: { summary: 'check each object by itself', load: () => import('./commands/validate.ts') },
  status: { summary: 'conditions of Gateway API objects', load: () => import('./commands/status.ts') },
  'debug-token': {
    summary: 'a short-lived token for `explain --live`',
    load: () => import('./commands/debug-token.ts'),
  },
  'proxy-status': {
    alias: 'ps',
    summary: 'whether every edge and Envoy has what it should have',
    load: () => import('./commands/proxy-status.ts'),
  },
  'remote-clusters': {
    summary: 'the other clusters of the mesh, and whether they can be read',
    load: () => import('./commands/remote-clusters.ts'),
  },
  'create-remote-secret': {
    summary: 'a Secret by which the mesh reads another cluster',
    load: () => import('./commands/create-remote-secret.ts'),
  },
  'proxy-config': {
    alias: 'pc',
    summary: 'the compiled configuration of the edge, or what an Envoy holds',
    load: () => import('./commands/proxy-config.ts'),
  },
  completion: { summary: 'completion for bash, zsh or fish', load: () => import('./commands/completion.ts') },
  x: {
    summary: "istioctl's name for what is new: x authz check, x check-inject",
    load: () => import('./commands/x.ts'),
  },
  foresaild: {
    alias: 'control',
    summary: 'run the control plane, over a folder or in a cluster: proxies, snapshots, certificates, console, status',
    load: () => import('./commands/foresaild.ts'),
  },
  wait: {
    summary: 'until an object is reconciled, programmed or served',
    load: () => import('./commands/wait.ts'),
  },
  link: {
    summary: 'the keys by which cluster gateways trust the edge: make them, give them to the worker, rotate them',
    load: () => import('./commands/link.ts'),
  },
  edge: { summary: 'the edge in a Cloudflare account: make, deploy, look', load: () => import('./commands/edge.ts') },
  install: {
    summary: 'install the control plane and gateways into a cluster',
    load: () => import('./commands/install.ts'),
  },
  upgrade: { summary: 'change an installed revision in place', load: () => import('./commands/upgrade.ts') },
  uninstall: { summary: 'remove a revision, or everything', load: () => import('./commands/uninstall.ts') },
  manifest: { summary: 'print what install would apply', load: () => import('./commands/manifest.ts') },
  profile: { summary: 'the profiles that installations begin from', load: () => import('./commands/profile.ts') },
  'kube-inject': {
    summary: 'put proxies into workloads before they are applied',
    load: () => import('./commands/kube-inject.ts'),
  },
  tag: { summary: 'names for revisions that namespaces can ask for', load: () => import('./commands/tag.ts') },
  ca: {
    summary: "the mesh's certificate authority: make it, look at it, replace its root",
    load: () => import('./commands/ca.ts'),
  },
  agent: {
    summary: 'run beside an Envoy: its certificate, its configuration, its health',
    load: () => import('./commands/agent.ts'),
  },
  iptables: {
    summary: "lead a pod's traffic through its proxy: print or apply the rules, take them out",
    load: () => import('./commands/iptables.ts'),
  },
};

async function main(args: readonly string[]): Promise<void> {
  const program = new Command('foresail')
    .description(packageJson.description)
    .version(packageJson.version)
    .showHelpAfterError('(see --help)')
    .exitOverride();
  const names = args[0] === 'help' ? args.slice(1) : args;
  const wanted = names.find((arg) => !arg.startsWith('-'));
  for (const [name, { summary, alias, load }] of Object.entries(COMMANDS)) {
    const command = program.command(name).description(summary).exitOverride();
    if (alias !== undefined) command.alias(alias);
    if (name === wanted || (alias !== undefined && alias === wanted)) (await load()).configure(command);
  }
  await program.parseAsync(args, { from: 'user' });
}

// `foresail … | head` has read enough: no reason for a stack trace.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

try {
  await main(process.argv.slice(2));
} catch (error) {
  // What commander throws it has printed already.
  if (!(error instanceof CommanderError)) printError(error);
  process.exitCode = error instanceof CommanderError && error.exitCode === 0 ? 0 : EXIT_FAILURE;
}
