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

/** No name of DNS is longer (RFC 1035 section 2.3.4), so that no longer suffix of a host is configured either. */
const MAX_DOMAIN_LENGTH = 255;

/**
 * The names under which a host's configuration may stand, most specific first: itself, `*suffix` …, `*`. A wildcard
 * may begin inside a label (`*-shop.example.com`), but stands for one character at least.
 */
export function candidateDomains(host: string): string[] {
  const names = [host];
  const first = Math.max(1, host.length - MAX_DOMAIN_LENGTH);
  for (let start = first; start < host.length; start++) names.push(`*${host.slice(start)}`);
  names.push('*');
  return names;
}
