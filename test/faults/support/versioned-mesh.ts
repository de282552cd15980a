import type { DomainConfig } from '../../../src/engine/config.ts';
import type { SnapshotInput } from '../../../src/snapshot/encode.ts';
import { meshOf, route } from '../../edge/support/snapshot.ts';

const HOSTS = 200;
/** So much that hosts are in buckets of their own: a small mesh would come whole with the root. */
const FILLER = 'x'.repeat(8 * 1024);

export function hostOf(n: number): string {
  return `shop-${n % HOSTS}.example.com`;
}

/** A mesh of many buckets whose hosts all answer with the version, so that every answer says by what it was decided. */
export function versionedMesh(version: string): SnapshotInput {
  const routes = [
    route({ kind: 'direct-response', status: 200, body: FILLER }, { match: { path: { exact: '/filler' } } }),
    route({ kind: 'direct-response', status: 200, body: version }),
  ];
  const domains = Array.from({ length: HOSTS }, (_, n): [string, DomainConfig] => {
    const domain = hostOf(n);
    return [domain, { domain, virtualHosts: { 'http.80': { name: `${domain}:80`, httpsRedirect: false, routes } } }];
  });
  return { ...meshOf([], []), domains: new Map(domains) };
}
