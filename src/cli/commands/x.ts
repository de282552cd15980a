import type { Command } from 'commander';
import { configure as configureAuthz } from './authz.ts';
import { configure as configureCheckInject } from './check-inject.ts';
import { configure as configureDescribe } from './describe.ts';

/** istioctl keeps them under `x`: habits carry over. */
export function configure(command: Command): void {
  configureAuthz(command.command('authz').description('see `foresail authz`'));
  configureDescribe(command.command('describe').description('see `foresail describe`'));
  configureCheckInject(
    command.command('check-inject').description('which webhook injects a pod, and which label decides'),
  );
}
