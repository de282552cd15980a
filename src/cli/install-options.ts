import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { type Installation, resolveInstallation } from '../control/install/installation.ts';
import { operatorSpecIn } from '../control/install/profiles.ts';
import { KubeClient } from '../control/kubernetes/kube-client.ts';
import { loadKubeConfig } from '../control/kubernetes/load-kube-config.ts';
import { CliError } from './cli-error.ts';
import { collectValues } from './collect-values.ts';
import { printLine, stderr } from './output.ts';

export interface InstallationOptions {
  readonly filename?: readonly string[];
  readonly set?: readonly string[];
  readonly revision?: string;
}

export interface ClusterOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
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

export function addClusterOptions(command: Command): Command {
  return command
    .option('--kubeconfig <file>', 'without it KUBECONFIG, ~/.kube/config, or the pod that this runs in')
    .option('--context <name>', 'of the kubeconfig');
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

export function openCluster({ kubeconfig, context }: ClusterOptions): KubeClient {
  try {
    return new KubeClient(loadKubeConfig(kubeconfig, context));
  } catch (cause) {
    throw new CliError('the cluster is not known', {
      why: cause instanceof Error ? cause.message : String(cause),
      fix: 'Set KUBECONFIG, or give --kubeconfig and --context.',
      cause,
    });
  }
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
