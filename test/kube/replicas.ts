import { NO_LOG } from '../../src/ca/log.ts';
import { Compiler } from '../../src/control/compiler.ts';
import {
  type ClusterOptions,
  type ForesaildInCluster,
  startForesaildInCluster,
} from '../../src/control/daemon/foresaild-in-cluster.ts';
import { meshEncoder } from '../../src/control/proxies/mesh-encoder.ts';
import { Publisher } from '../../src/control/publish.ts';
import type { ConfigStore } from '../../src/store/config-store.ts';
import type { ApiServer } from '../support/api-server/server.ts';
import { clientOf, READING } from './harness.ts';

/** A foresaild as a pod runs it, in this process, and impatient. */
export function startReplica(
  server: ApiServer,
  identity: string,
  store: ConfigStore,
  options: Partial<ClusterOptions> = {},
): Promise<ForesaildInCluster> {
  return startForesaildInCluster({
    client: clientOf(server),
    namespace: 'istio-system',
    identity,
    trustDomain: 'cluster.local',
    clusterId: 'Kubernetes',
    publisherWith: (fence) => new Publisher({ store, mesh: 'test', syncer: identity, fence }),
    compiler: new Compiler(),
    encoder: meshEncoder(),
    grpc: { address: '127.0.0.1:0', names: ['localhost'] },
    http: { host: '127.0.0.1', port: 0 },
    console: { name: 'test', store },
    election: { leaseDurationMs: 1_500, renewDeadlineMs: 1_000, retryPeriodMs: 100 },
    reading: READING,
    log: NO_LOG,
    onSync: () => {},
    ...options,
  });
}
