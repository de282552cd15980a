import { spawn } from 'node:child_process';
import type { Command } from 'commander';
import { openFolderConsole } from '../../control/console/folder-console.ts';
import { CliError } from '../cli-error.ts';
import { addConsoleOptions, type ConsoleOptions, DEFAULT_CONSOLE_PORT, startConsole } from '../console-options.ts';
import { printLine, stderr, stdout } from '../output.ts';
import { addJwksOptions, openCompiler, openSource, type SourceOptions } from '../source-options.ts';
import { untilInterrupted } from '../until-interrupted.ts';

interface DashboardOptions extends SourceOptions, ConsoleOptions {
  readonly url: string;
  readonly host: string;
  readonly open: boolean;
}

const HELP = `
Examples:
  # Open the console of the running \`foresail up\` or control plane
  foresail dashboard

  # Look at a folder of YAML, without running anything
  foresail dashboard config/samples/bookinfo`;

const ANSWER_WITHIN_MS = 3_000;

export function configure(command: Command): void {
  addConsoleOptions(addJwksOptions(command))
    .argument('[path...]', 'folders and files of YAML; without one the console that runs already is opened')
    .option('--url <url>', 'where that one is', `http://localhost:${DEFAULT_CONSOLE_PORT}`)
    .option('--host <address>', 'address to bind to', 'localhost')
    .option('--meshConfigFile <file>', 'mesh configuration, instead of the ConfigMap `istio` in `istio-system`')
    .option('--no-open', 'only print the URL')
    .addHelpText('after', HELP)
    .action(runDashboard);
}

async function runDashboard(paths: readonly string[], options: DashboardOptions): Promise<void> {
  if (paths.length === 0) return openRunning(options);
  const interrupted = untilInterrupted();
  const { feed, close } = await openFolderConsole(openSource(paths), openCompiler(options));
  const served = await startConsole(feed, options.host, options);
  if (served === undefined) throw new CliError('a console on no port cannot be opened', { fix: 'Leave off away.' });
  printLine(stdout, served.url);
  if (options.open) openBrowser(served.url);
  await interrupted;
  close();
  await served.close();
  process.exit();
}

async function openRunning({ url, open }: DashboardOptions): Promise<void> {
  const answer = await fetch(new URL('/api/state', url), { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }).catch(
    (cause: unknown) => {
      throw new CliError(`no console answers at ${url}`, {
        why: cause instanceof Error ? cause.message : String(cause),
        fix: 'Start one with `foresail up <folder>`, or name a folder: `foresail dashboard <folder>`.',
        cause,
      });
    },
  );
  if (!answer.ok) throw new CliError(`what answers at ${url} is no console`, { fix: 'Name the right one with --url.' });
  printLine(stdout, url);
  if (open) openBrowser(url);
}

const OPENERS: Readonly<Record<string, string>> = { darwin: 'open', win32: 'explorer' };

/** The URL is printed as well: where there is no browser nothing is lost. */
function openBrowser(url: string): void {
  const child = spawn(OPENERS[process.platform] ?? 'xdg-open', [url], { stdio: 'ignore', detached: true });
  child.on('error', () => printLine(stderr, 'no browser could be opened: open the URL yourself'));
  child.unref();
}
