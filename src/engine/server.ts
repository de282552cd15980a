import type { GatewayConfig, ListenerConfig, RouteTableRef, VirtualHostConfig } from './config.ts';
import { hostOfAuthority, type RequestFacts } from './facts.ts';
import { candidateDomains, type ServingConfig } from './serving.ts';

/** Which listener, route table and virtual host take a request. */
export interface ServerChoice {
  readonly listener: ListenerConfig | undefined;
  readonly table: RouteTableRef | undefined;
  readonly domain: string | undefined;
  readonly virtualHost: VirtualHostConfig | undefined;
}

const NOWHERE: ServerChoice = { listener: undefined, table: undefined, domain: undefined, virtualHost: undefined };

/**
 * The listener is the port's; a TLS listener has a table for each server, taken by SNI, a plaintext one has one.
 * In the table the most specific domain wins: exact, longest wildcard suffix, `*`. There is no second choice when
 * its routes do not match (ISTIO.md 1.2).
 */
export function chooseServer(serving: ServingConfig, facts: RequestFacts): ServerChoice {
  const listener = listenerAt(serving.gateway, facts.port);
  if (listener === undefined) return NOWHERE;
  const host = hostOfAuthority(facts.authority);
  const table = listener.tls ? tableForSni(listener, facts.sni ?? host) : listener.tables[0];
  if (table === undefined) return { ...NOWHERE, listener };
  const exact = serving.domain(host)?.virtualHosts[table.name];
  if (exact !== undefined) return { listener, table, domain: host, virtualHost: exact };
  const names = candidateDomains(host);
  for (let i = 1; i < names.length; i++) {
    const domain = names[i] as string;
    const virtualHost = serving.domain(domain)?.virtualHosts[table.name];
    if (virtualHost !== undefined) return { listener, table, domain, virtualHost };
  }
  return { listener, table, domain: undefined, virtualHost: undefined };
}

function listenerAt(gateway: GatewayConfig, port: number): ListenerConfig | undefined {
  for (const listener of gateway.listeners) if (listener.port === port) return listener;
  return undefined;
}

function tableForSni(listener: ListenerConfig, sni: string): RouteTableRef | undefined {
  for (const name of candidateDomains(sni.toLowerCase())) {
    for (const table of listener.tables) if (table.sniHosts.includes(name)) return table;
  }
  return undefined;
}
