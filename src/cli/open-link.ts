import type { Command } from 'commander';
import { jsonLog } from '../ca/log.ts';
import type { CaStore } from '../ca/store/ca-store.ts';
import { FollowedLink } from '../control/link/followed-link.ts';
import { CliError } from './cli-error.ts';

export interface GatewayListenOptions {
  readonly gatewayListen: string;
}

export function addGatewayListenOption(command: Command): Command {
  return command.option(
    '--gateway-listen <address>',
    'host:port on which cluster gateways take traffic from the edge',
    '0.0.0.0:8080',
  );
}

/** The keys of `foresail link` in a store, followed. */
export async function openLink(
  store: CaStore,
  { gatewayListen }: GatewayListenOptions,
  lookEveryMs?: number,
): Promise<FollowedLink> {
  const [, address, port] = /^\[?(.+?)\]?:(\d+)$/.exec(gatewayListen) ?? [];
  if (address === undefined) {
    throw new CliError(`--gateway-listen ${gatewayListen} is no address`, { fix: 'Give it as host:port.' });
  }
  const log = jsonLog('foresaild');
  const onError = (error: unknown): void => log('link-not-read', { why: String(error) });
  return await FollowedLink.open(store, { address, port: Number(port) }, onError, lookEveryMs);
}
