import { readFileSync } from 'node:fs';
import ipaddr from 'ipaddr.js';

/** The servers that this machine asks: resolv.conf(5). */
export function readNameServers(path = '/etc/resolv.conf'): string[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => /^\s*nameserver\s+([^\s%#]+)/.exec(line)?.[1] ?? [])
    .filter((address) => ipaddr.isValid(address));
}
