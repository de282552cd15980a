import type { Command } from 'commander';
import { configure as configureAuthz } from './authz.ts';

/** istioctl keeps `authz` under `x`: habits carry over. */
export function configure(command: Command): void {
  configureAuthz(command.command('authz').description('see `foresail authz`'));
}
