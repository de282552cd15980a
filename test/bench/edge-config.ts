import type { PathMatcher } from '../../src/engine/config.ts';
import type { SnapshotInput } from '../../src/snapshot/encode.ts';
import { cluster, forwardTo, meshOf, route } from '../edge/support/snapshot.ts';

export const BENCH_HOST = 'shop.example.com';
/** Taken by the sixth of ten rules. */
export const BENCH_PATH = '/reviews/v2/items?page=3';

const GATEWAY_CLUSTER = 'outbound|9080|v2|reviews.default.svc.cluster.local';

/** Ten rules of the kinds that people write; the benchmark's request is rewritten and forwarded by one of them. */
export function benchMesh(upstream: 'gateway' | 'origin', originUrl: string): SnapshotInput {
  const to = forwardTo(GATEWAY_CLUSTER, { rewrite: { path: { prefix: '/items' } } });
  const byPath = (path: PathMatcher) => route(to, { match: { path } });
  const routes = [
    route(to, { match: { path: { exact: '/login' }, method: { exact: 'POST' } } }),
    route(to, { match: { headers: [{ name: 'end-user', match: { exact: 'jason' } }] } }),
    byPath({ exact: '/productpage' }),
    byPath({ prefix: '/static' }),
    byPath({ prefix: '/reviews/v1' }),
    byPath({ prefix: '/reviews/v2' }),
    byPath({ prefix: '/reviews' }),
    byPath({ exact: '/logout' }),
    byPath({ prefix: '/api/v1/products' }),
    route(to),
  ];
  const kind = upstream === 'gateway' ? { kind: 'link', clusters: ['a'] } : { kind: 'origin', urls: [originUrl] };
  return meshOf(routes, [cluster(GATEWAY_CLUSTER, kind as never)], { host: BENCH_HOST });
}
