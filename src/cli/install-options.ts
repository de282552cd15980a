import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { type Installation, resolveInstallation } from '../control/install/installation.ts';
import { operatorSpecIn } from '../control/install/profiles.ts';
import { KubeClient } from '../control/kubernetes/kube-client.ts';
import { CliError } from './cli-error.ts';
import { collectValues } from './collect-values.ts';
import { type KubeOptions, openKubeConfig } from './kube-options.ts';
import { printLine, stderr } from './output.ts';

export interface InstallationOptions {
  readonly filename?: readonly string[];
  readonly set?: readonly string[];
  readonly revision?: string;
}

export function addInstallationOptions(command: Command): Command {
  return command
    .option('-f, --filename <file>', 'an IstioOperator; several go over each other', collectValues)
    .option(
      '-s, --set <path=value>',
      'a field of its spec: `profile=demo`, `values.pilot.replicaCount=2`',
      collectValues,
    )
    .option('-r, --revision <name>', 'beside other revisions');
}

export async function readInstallation({
  filename = [],
  set = [],
  revision,
}: InstallationOptions): Promise<Installation> {
  const specs = await Promise.all(filename.map(async (file) => operatorSpecIn(await readText(file), file)));
  const installation = resolveInstallation({ specs, sets: set, revision });
  for (const warning of installation.warnings) printLine(stderr, `Warning: ${warning}`);
  return installation;
}

export function openCluster(options: KubeOptions): KubeClient {
  return new KubeClient(openKubeConfig(options));
}

/** Asks on a terminal; anywhere else nobody could answer, and nothing is done unasked. */
export async function confirm(question: string, isConfirmed: boolean): Promise<boolean> {
  if (isConfirmed) return true;
  if (!process.stdin.isTTY) {
    throw new CliError('nobody is there to confirm', { fix: 'Say it beforehand with --skip-confirmation (-y).' });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} (y/N) `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file === '-' ? '/dev/stdin' : file, 'utf8');
  } catch (cause) {
    throw new CliError(`${file} cannot be read`, { why: cause instanceof Error ? cause.message : '', cause });
  }
}
