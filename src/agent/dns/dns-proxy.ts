import type { Log } from '../../ca/log.ts';
import type { AgentOptions } from '../agent-options.ts';
import { readNameServers } from '../capture/resolv-conf.ts';
import { DnsServer } from './dns-server.ts';
import { NameLookup } from './name-lookup.ts';
import { NameTableFollower, type NameTableStream } from './name-table-follower.ts';
import { UpstreamServers } from './upstream-servers.ts';

export interface DnsProxy {
  start(): Promise<void>;
  stop(): void;
}

const DNS_PORT = 53;

/** A server with the names that the control plane tells; undefined: this agent is not to answer DNS. */
export function dnsProxy(
  { dns, namespace, domain }: AgentOptions,
  nodeId: string,
  log: Log,
  open: () => NameTableStream,
): DnsProxy | undefined {
  if (dns === undefined) return undefined;
  const servers = readNameServers(dns.resolvConf).map((address) => ({ address, port: DNS_PORT }));
  const upstream = new UpstreamServers(servers);
  const server = new DnsServer({ port: dns.port, addresses: ['127.0.0.1', '::1'], upstream });
  const follower = new NameTableFollower({
    open,
    nodeId,
    log,
    onTable: (table) => {
      server.lookup = new NameLookup(table, { namespace, domain });
    },
  });
  return {
    start: async () => {
      await server.start();
      follower.start();
    },
    stop: () => {
      follower.stop();
      server.stop();
    },
  };
}
