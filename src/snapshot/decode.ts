import type { ClusterConfig, DomainConfig } from '../engine/config.ts';
import type { SnapshotInput } from './encode.ts';
import { bucketKey, gatewayKey } from './format.ts';
import type { Version } from './history.ts';
import { type PieceSource, readPieces } from './piece-source.ts';
import { BucketPiece, GatewayPiece, parsePiece } from './pieces.ts';

/** A whole version, every piece verified; its origins know no lines. Rejects with a SnapshotError. */
export async function decodeVersion(source: PieceSource, { content }: Version): Promise<SnapshotInput> {
  const keys = [gatewayKey(content.gateway), ...new Set(content.buckets.map(bucketKey))];
  const [gatewayPieceKey, ...bucketKeys] = keys;
  const pieces = await readPieces(source, keys);
  const gateway = parsePiece(gatewayPieceKey ?? '', pieces.get(gatewayPieceKey ?? '')?.json, GatewayPiece);
  const domains = new Map<string, DomainConfig>();
  const clusters = new Map<string, ClusterConfig>();
  copyInto(clusters, gateway.clusters);
  for (const key of bucketKeys) {
    const bucket = parsePiece(key, pieces.get(key)?.json, BucketPiece);
    copyInto(domains, bucket.domains);
    copyInto(clusters, bucket.clusters);
  }
  return { config: gateway.gateway, domains, clusters };
}

function copyInto<T>(target: Map<string, T>, values: { names(): string[]; get(name: string): T | undefined }): void {
  for (const name of values.names()) {
    const value = values.get(name);
    if (value !== undefined) target.set(name, value);
  }
}
