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
 * The listener is the port's; a TLS listener has a table for each server, taken by SNI. Among the tables that are
 * left the most specific domain wins: exact, longest wildcard suffix, `*`. There is no second choice when its routes
 * do not match (ISTIO.md 1.2).
 */
export function chooseServer(serving: ServingConfig, facts: RequestFacts): ServerChoice {
  const listener = listenerAt(serving.gateway, facts.port);
  if (listener === undefined) return NOWHERE;
  const host = hostOfAuthority(facts.authority);
  const tables = listener.tls ? tablesForSni(listener, facts.sni ?? host) : listener.tables;
  const exact = choiceAt(serving, listener, tables, host);
  if (exact !== undefined) return exact;
  const names = candidateDomains(host);
  for (let i = 1; i < names.length; i++) {
    const choice = choiceAt(serving, listener, tables, names[i] as string);
    if (choice !== undefined) return choice;
  }
  return { ...NOWHERE, listener, table: tables[0] };
}

function choiceAt(
  serving: ServingConfig,
  listener: ListenerConfig,
  tables: readonly RouteTableRef[],
  domain: string,
): ServerChoice | undefined {
  const hosts = serving.domain(domain)?.virtualHosts;
  if (hosts === undefined) return undefined;
  for (const table of tables) {
    const virtualHost = hosts[table.name];
    if (virtualHost !== undefined) return { listener, table, domain, virtualHost };
  }
  return undefined;
}

function listenerAt(gateway: GatewayConfig, port: number): ListenerConfig | undefined {
  for (const listener of gateway.listeners) if (listener.port === port) return listener;
  return undefined;
}

function tablesForSni(listener: ListenerConfig, sni: string): readonly RouteTableRef[] {
  for (const name of candidateDomains(sni.toLowerCase())) {
    const tables = listener.tables.filter((table) => table.sniHosts.includes(name));
    if (tables.length > 0) return tables;
  }
  return [];
}
