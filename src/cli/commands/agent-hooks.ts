import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { EnvoyAdmin } from '../../agent/envoy/admin.ts';
import { CliError } from '../cli-error.ts';

const LOOK_EVERY_MS = 200;

/** What a pod's lifecycle runs beside the agent; both speak to the Envoy of the same pod. */
export function configureAgentHooks(command: Command): void {
  command
    .command('wait')
    .description('until Envoy serves: a postStart that holds the application back')
    .option('--admin-port <port>', "Envoy's", Number, 15_000)
    .option('--timeout <seconds>', 'after this the start has failed', Number, 60)
    .action(wait);
  command
    .command('drain')
    .description('have clients leave: a preStop')
    .option('--admin-port <port>', "Envoy's", Number, 15_000)
    .action(drain);
}

async function wait({ adminPort, timeout }: { adminPort: number; timeout: number }): Promise<void> {
  const admin = new EnvoyAdmin(adminPort);
  const endMs = Date.now() + timeout * 1000;
  while (!(await admin.isReady())) {
    if (Date.now() >= endMs) throw new CliError(`Envoy was not ready within ${timeout} s`);
    await sleep(LOOK_EVERY_MS);
  }
}

async function drain({ adminPort }: { adminPort: number }): Promise<void> {
  const { status } = await new EnvoyAdmin(adminPort).ask('POST', '/drain_listeners?graceful&skip_exit');
  if (status !== 200) throw new CliError('Envoy does not drain', { why: `it answered ${status}` });
}
