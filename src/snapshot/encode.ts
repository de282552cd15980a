import type { ClusterConfig, DomainConfig, GatewayConfig } from '../engine/config.ts';
import { bucketOf, chooseBucketCount, isWildcard } from './bucket.ts';
import { EncodeMemory } from './encode-memory.ts';
import { bucketKey, gatewayKey, type SnapshotContent, type SnapshotSummary, type SourceEntry } from './format.ts';
import { sha256Hex } from './hash.ts';
import { internedJson } from './origins.ts';
import { SourceTable } from './sources.ts';

/** What a snapshot is made of; the mesh's `ResolvedGateway` is one. */
export interface SnapshotInput {
  readonly config: GatewayConfig;
  readonly domains: ReadonlyMap<string, DomainConfig>;
  readonly clusters: ReadonlyMap<string, ClusterConfig>;
}

/** A configuration in pieces, before it has a version. */
export interface EncodedContent {
  /** Identity of the configuration, lines of its origins inside their objects included. */
  readonly hash: string;
  readonly content: Omit<SnapshotContent, 'sources'>;
  /** Gateway and bucket pieces by key. */
  readonly pieces: ReadonlyMap<string, string>;
  /** Where the objects are; the publisher decides whether they become a piece or an edit. */
  readonly sources: readonly SourceEntry[];
  readonly summary: SnapshotSummary;
}

/** Equal input gives equal bytes. `previousBucketCount` keeps the layout while it is good enough. */
export async function encodeContent(
  input: SnapshotInput,
  previousBucketCount = 1,
  memory = new EncodeMemory(),
): Promise<EncodedContent> {
  const sources = new SourceTable();
  const clusterTexts = new Map<string, string>();
  const clusterText = (name: string): string | undefined => {
    let text = clusterTexts.get(name);
    if (text === undefined) {
      const cluster = input.clusters.get(name);
      if (cluster === undefined) return undefined;
      text = memory.textOf(cluster, sources);
      clusterTexts.set(name, text);
    }
    return text;
  };

  const domains = [...input.domains.values()].sort((a, b) => (a.domain < b.domain ? -1 : 1));
  const encoded = domains.map((domain) => ({
    name: domain.domain,
    text: memory.textOf(domain, sources),
    clusters: clustersOf(domain),
  }));
  let bytes = 0;
  for (const { text, clusters } of encoded) {
    bytes += text.length;
    for (const name of clusters) if (!clusterTexts.has(name)) bytes += clusterText(name)?.length ?? 0;
  }

  const count = chooseBucketCount(bytes, previousBucketCount);
  const drafts = Array.from({ length: count }, () => ({ domains: [] as string[], clusters: new Set<string>() }));
  for (const { name, text, clusters } of encoded) {
    const draft = drafts[bucketOf(name, count)];
    draft?.domains.push(text);
    for (const cluster of clusters) draft?.clusters.add(cluster);
  }

  const clusterList = (names: Iterable<string>): string[] =>
    [...names].sort().flatMap((name) => clusterText(name) ?? []);
  const pieces = new Map<string, string>();
  const buckets: string[] = [];
  memory.forgetFrom(count);
  for (const [index, draft] of drafts.entries()) {
    const list = clusterList(draft.clusters);
    const { hash, text } = await memory.pieceOf(
      index,
      [...draft.domains, '', ...list],
      () => `{"domains":[${draft.domains.join(',')}],"clusters":[${list.join(',')}]}`,
    );
    buckets.push(hash);
    pieces.set(bucketKey(hash), text);
  }
  const providerClusters = Object.values(input.config.policies)
    .flatMap(({ authorization }) => Object.values(authorization.providers))
    .map((provider) => provider.cluster);
  const gatewayText = `{"gateway":${internedJson(input.config, sources)},"clusters":[${clusterList(new Set(providerClusters)).join(',')}]}`;
  const gateway = await sha256Hex(gatewayText);
  pieces.set(gatewayKey(gateway), gatewayText);

  const content = { gateway, buckets, wildcards: domains.map((domain) => domain.domain).filter(isWildcard) };
  return {
    hash: await sha256Hex(JSON.stringify(content)),
    content,
    pieces,
    sources: sources.entries(),
    summary: summarize(input, clusterTexts.size, pieces),
  };
}

const rememberedClusters = new WeakMap<DomainConfig, ReadonlySet<string>>();

function clustersOf(domain: DomainConfig): ReadonlySet<string> {
  let clusters = rememberedClusters.get(domain);
  if (clusters === undefined) {
    clusters = clustersOfDomain(domain);
    rememberedClusters.set(domain, clusters);
  }
  return clusters;
}

function clustersOfDomain(domain: DomainConfig): Set<string> {
  const names = new Set<string>();
  for (const virtualHost of Object.values(domain.virtualHosts)) {
    for (const { action } of virtualHost.routes) {
      if (action.kind !== 'forward') continue;
      for (const { cluster } of action.destinations) if (cluster !== undefined) names.add(cluster);
      for (const { cluster } of action.mirrors ?? []) names.add(cluster);
    }
  }
  return names;
}

function summarize(
  { config, domains }: SnapshotInput,
  clusters: number,
  pieces: ReadonlyMap<string, string>,
): SnapshotSummary {
  let routes = 0;
  for (const domain of domains.values()) {
    for (const virtualHost of Object.values(domain.virtualHosts)) routes += virtualHost.routes.length;
  }
  // One policy may be effective for several workloads.
  const policies = new Set<string>();
  for (const { jwt, authorization } of Object.values(config.policies)) {
    const { custom, audit, deny, allow } = authorization;
    for (const { origin } of [...jwt, ...custom, ...audit, ...deny, ...allow]) {
      policies.add(`${origin.kind}/${origin.namespace}/${origin.name}`);
    }
  }
  let bytes = 0;
  for (const text of pieces.values()) bytes += text.length;
  return {
    domains: domains.size,
    routes,
    clusters,
    policies: policies.size,
    bytes,
  };
}
