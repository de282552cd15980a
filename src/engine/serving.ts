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

/** The names under which a host's configuration may stand, most specific first: itself, `*.suffix` …, `*`. */
export function candidateDomains(host: string): string[] {
  const names = [host];
  for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) names.push(`*${host.slice(dot)}`);
  names.push('*');
  return names;
}
