import type { Log } from '../../ca/log.ts';
import { MemoryStore } from '../../store/memory.ts';
import { type CaBundles, keepCaBundles } from '../admission/ca-bundles.ts';
import { findingsWithOthers } from '../admission/findings-with.ts';
import { startWebhookServer, type WebhookServer } from '../admission/webhook-server.ts';
import { DEFAULT_GATEWAY_CLASSES } from '../compile.ts';
import type { InjectionSettings } from '../injection/settings.ts';
import { readIstioIssuer } from '../kubernetes/istio-issuer.ts';
import type { KubeClient } from '../kubernetes/kube-client.ts';
import { KubeTokenReviewer } from '../kubernetes/kube-token-reviewer.ts';
import { LeaderElection, type LeaderElectionOptions } from '../kubernetes/leader-election.ts';
import { LeaderPublisher } from '../kubernetes/leader-publisher.ts';
import { RootCertificates } from '../kubernetes/root-certificates.ts';
import { SecretCaStore } from '../kubernetes/secret-ca-store.ts';
import { MulticlusterSource, type MulticlusterSourceOptions } from '../multicluster/multicluster-source.ts';
import { Publisher, type VersionFence } from '../publish.ts';
import { StatusKeeper, type StatusKeeperOptions } from '../status/status-keeper.ts';
import { type Foresaild, type ForesaildOptions, startForesaild } from './foresaild.ts';
import { openOrInitCa } from './open-ca.ts';

export interface ClusterOptions
  extends Pick<ForesaildOptions, 'compiler' | 'encoder' | 'grpc' | 'http' | 'telemetry' | 'console' | 'onSync'> {
  readonly client: KubeClient;
  /** Where foresaild and its Secrets live. */
  readonly namespace: string;
  /** Of this replica: the pod's name. */
  readonly identity: string;
  readonly trustDomain: string;
  /** Of the cluster that it runs in; the compiler knows it by the same. */
  readonly clusterId: string;
  /** Where snapshots for the edge go, the same for all replicas; undefined: nowhere, each keeps its own. */
  readonly publisherWith?: ((fence: VersionFence) => Publisher) | undefined;
  /** The admission webhooks; undefined: none are served. */
  readonly webhooks?: {
    readonly host: string;
    readonly port: number;
    readonly service: string;
    injection(): InjectionSettings;
  };
  readonly edges?: StatusKeeperOptions['edges'];
  readonly election?: Pick<LeaderElectionOptions, 'leaseDurationMs' | 'renewDeadlineMs' | 'retryPeriodMs'>;
  readonly reading?: Pick<MulticlusterSourceOptions, 'debounce' | 'reading' | 'remotePatienceMs'>;
  readonly log: Log;
}

export interface ForesaildInCluster extends Foresaild {
  readonly leader: LeaderElection;
  readonly webhookPort: number | undefined;
}

const LEADER_LEASE = 'foresail-leader';

/**
 * Foresaild with everything from the API server: resources, tokens, the CA's Secret, a Lease that says which replica
 * publishes and writes statuses. All replicas serve proxies, certificates and webhooks.
 */
export async function startForesaildInCluster(options: ClusterOptions): Promise<ForesaildInCluster> {
  const { client, namespace, identity, trustDomain, log, election, webhooks, edges, publisherWith } = options;
  const store = new SecretCaStore(client, namespace);
  const ca = await openOrInitCa(store, trustDomain, log, () => readIstioIssuer(client, namespace));
  const source = new MulticlusterSource({
    client,
    log,
    clusterId: options.clusterId,
    rootNamespace: namespace,
    ...options.reading,
  });
  const lease = { namespace, name: LEADER_LEASE };
  const leader = new LeaderElection({ client, lease, identity, log, ...election });
  const isLeader = (): boolean => leader.isLeader;
  const roots = new RootCertificates({ client, ca, isLeader, log });
  const statuses = new StatusKeeper({
    client,
    instance: identity,
    gatewayClasses: DEFAULT_GATEWAY_CLASSES,
    refused: () => source.refused,
    isLeader,
    log,
    ...(edges === undefined ? {} : { edges }),
  });
  let bundles: CaBundles | undefined;
  let hooks: WebhookServer | undefined;
  const stopParts = async (): Promise<void> => {
    statuses.stop();
    roots.stop();
    bundles?.stop();
    await Promise.all([hooks?.stop(), source.stop()]);
    // Last: what only a leader may do is over.
    await leader.stop();
  };
  let daemon: Foresaild | undefined;
  leader.onChange((leads) => {
    if (!leads) return;
    daemon?.republish();
    statuses.takeOver();
    roots.reconcile();
  });
  leader.start();
  roots.start();
  statuses.start();
  try {
    if (webhooks !== undefined) {
      const { host, port, service, injection } = webhooks;
      const names = [`${service}.${namespace}.svc`, `${service}.${namespace}.svc.cluster.local`];
      const findingsWith = findingsWithOthers(() => source.resources);
      hooks = await startWebhookServer({ ca, names, host, port, injection, findingsWith });
      bundles = keepCaBundles({ client, ca, service: { name: service, namespace } });
      void bundles.look();
    }
    daemon = await startForesaild({
      ...options,
      source,
      ca,
      remoteClusters: () => source.remoteClusters,
      tokens: new KubeTokenReviewer(client),
      publisher:
        publisherWith === undefined
          ? new Publisher({ store: new MemoryStore(), mesh: 'default', syncer: identity })
          : new LeaderPublisher(publisherWith(leader), leader),
      onCompiled: (mesh, findings) => statuses.compiled(mesh, findings),
      onSync: (event) => {
        statuses.synced(event);
        options.onSync(event);
      },
    });
  } catch (error) {
    await stopParts();
    throw error;
  }
  const running = daemon;
  return {
    ...running,
    leader,
    webhookPort: hooks?.port,
    stop: async () => {
      await running.stop();
      await stopParts();
    },
  };
}
