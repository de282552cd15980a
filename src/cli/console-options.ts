import type { Command } from 'commander';
import { consoleApp } from '../control/console/console-app.ts';
import type { ConsoleSource } from '../control/console/console-source.ts';
import { dashboardAssets } from '../control/console/dashboard-assets.ts';
import { type ServedConsole, serveConsole } from '../control/console/serve-console.ts';
import { CliError } from './cli-error.ts';
import { collectValues } from './collect-values.ts';
import { parsePortOrAny } from './parse-port.ts';

export interface ConsoleOptions {
  readonly consolePort?: number | 'off';
  readonly consoleToken?: string;
  readonly consoleHost?: readonly string[];
}

/** Kiali's, so that habits carry over. */
export const DEFAULT_CONSOLE_PORT = 20_001;

export function addConsoleOptions(command: Command): Command {
  return command
    .option(
      '--console-port <port>',
      `port of the web console; 0: any that is free; off: none (default: ${DEFAULT_CONSOLE_PORT}, or any where that is taken)`,
      readPort,
    )
    .option(
      '--console-token <token>',
      'lets whoever gives it in the console roll back; without one the console only reads (or FORESAIL_CONSOLE_TOKEN)',
    )
    .option('--console-host <name>', 'a name by which the console may be called', collectValues);
}

/** Undefined: it is turned off. */
export async function startConsole(
  source: ConsoleSource,
  host: string,
  { consolePort, consoleToken, consoleHost }: ConsoleOptions,
): Promise<ServedConsole | undefined> {
  if (consolePort === 'off') return undefined;
  const app = consoleApp({
    source,
    assets: dashboardAssets(),
    hosts: [host, ...(consoleHost ?? [])],
    token: consoleToken ?? process.env.FORESAIL_CONSOLE_TOKEN,
  });
  try {
    return await serveConsole(app, host, consolePort ?? DEFAULT_CONSOLE_PORT);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    // Two meshes on one machine: nobody has asked for this port.
    if (consolePort === undefined) return serveConsole(app, host, 0);
    throw new CliError(`port ${consolePort} for the console is taken`, {
      why: 'another program listens there, perhaps another `foresail up`',
      fix: 'Choose another port: --console-port 0 takes any that is free, --console-port off serves no console.',
      cause,
    });
  }
}

function readPort(text: string): number | 'off' {
  return text === 'off' ? 'off' : parsePortOrAny(text);
}
