import type { ClusterConfig, DomainConfig, GatewayConfig } from './config.ts';

/**
 * A configuration that requests are decided by. Values keep their identity as long as their content does, so that
 * what the engine prepares from them (indexes, regexes, keys) is prepared once.
 */
export interface ServingConfig {
  readonly version: number;
  readonly gateway: GatewayConfig;
  /** By exact name: a host, `*.suffix`, or `*`. */
  domain(name: string): DomainConfig | undefined;
  cluster(name: string): ClusterConfig | undefined;
}

/**
 * The names under which a host's configuration may stand, most specific first: itself, `*suffix` …, `*`. A wildcard
 * may begin inside a label (`*-shop.example.com`), but stands for one character at least.
 */
export function candidateDomains(host: string): string[] {
  const names = [host];
  for (let start = 1; start < host.length; start++) names.push(`*${host.slice(start)}`);
  names.push('*');
  return names;
}
