import type { KubeConfig } from '@kubernetes/client-node';
import { type Log, NO_LOG } from '../../ca/log.ts';
import { NO_REMOTES, type RemoteCluster } from '../../mesh/multicluster/model.ts';
import { isSameList } from '../../mesh/remember.ts';
import type { Finding } from '../../resources/finding.ts';
import { finding, messages } from '../../resources/finding-messages.ts';
import type { KubernetesSource } from '../sources/kubernetes/kubernetes-source.ts';
import { readRemoteKubeconfig } from './remote-kubeconfig.ts';
import { RemoteReader } from './remote-reader.ts';
import type { RemoteEntry } from './remote-secrets.ts';

/** For `remote-clusters`; nothing of it is secret. */
export interface RemoteClusterStatus {
  readonly name: string;
  /** `namespace/name` */
  readonly secret: string;
  readonly status: 'synced' | 'syncing' | 'timeout' | 'refused';
  readonly why?: string;
}

export interface RemoteClustersOptions {
  /** Of the cluster that foresaild runs in: it is no remote. */
  readonly clusterId: string;
  sourceOf(config: KubeConfig): KubernetesSource;
  /** Something of a remote cluster has changed. */
  onChange(): void;
  /** How long a new cluster may keep the first configuration waiting (PILOT_REMOTE_CLUSTER_TIMEOUT). */
  readonly patienceMs?: number;
  readonly log?: Log;
}

const PATIENCE_MS = 15_000;

interface Member {
  entry: RemoteEntry;
  /** Of the newest kubeconfig that can be used. */
  reader: RemoteReader | undefined;
  /** What it takes the place of, until it has read everything. */
  before: RemoteReader | undefined;
  refusal: string | undefined;
}

/** A reader for each remote cluster that Secrets name. A cluster that fails in any way harms nothing but itself. */
export class RemoteClusters {
  readonly #options: RemoteClustersOptions;
  readonly #members = new Map<string, Member>();
  #doubles: readonly Finding[] = [];
  #clusters: readonly RemoteCluster[] = NO_REMOTES;

  constructor(options: RemoteClustersOptions) {
    this.#options = options;
  }

  /** From now on the clusters of these entries; the first that names a cluster counts. */
  follow(entries: readonly RemoteEntry[]): void {
    const wanted = new Map<string, RemoteEntry>();
    const doubles: Finding[] = [];
    for (const entry of entries) {
      const { clusterId, secret, origin } = entry;
      const first = wanted.get(clusterId);
      const isOwn = clusterId === this.#options.clusterId;
      if (first === undefined && !isOwn) wanted.set(clusterId, entry);
      else {
        const reason = isOwn ? 'it is the name of the own cluster' : `${first?.secret ?? ''} names it already`;
        doubles.push(finding(messages.RemoteSecretRefused, origin, { secret, cluster: clusterId, reason }));
      }
    }
    this.#doubles = doubles;
    for (const [clusterId, member] of this.#members) {
      if (wanted.has(clusterId)) continue;
      this.#members.delete(clusterId);
      this.#end(member.reader);
      this.#end(member.before);
      this.#log('remote_cluster_removed', { cluster: clusterId });
    }
    for (const entry of wanted.values()) this.#take(entry);
  }

  /** When every cluster has been read once or has used up its time. */
  async settled(): Promise<void> {
    await Promise.all([...this.#members.values()].map(({ reader }) => reader?.settled));
  }

  /** By name; the same list as long as nothing has changed. */
  get clusters(): readonly RemoteCluster[] {
    const members = [...this.#members].sort(([a], [b]) => (a < b ? -1 : 1));
    const clusters = members.flatMap(([, member]) => this.#clusterOf(member) ?? []);
    if (!isSameList(clusters, this.#clusters)) this.#clusters = clusters.length === 0 ? NO_REMOTES : clusters;
    return this.#clusters;
  }

  get findings(): readonly Finding[] {
    const refusals = [...this.#members.values()].flatMap(({ entry: { clusterId, secret, origin }, refusal }) =>
      refusal === undefined
        ? []
        : [finding(messages.RemoteSecretRefused, origin, { secret, cluster: clusterId, reason: refusal })],
    );
    return [...this.#doubles, ...refusals];
  }

  get statuses(): readonly RemoteClusterStatus[] {
    return [...this.#members.values()].map(({ entry, reader, refusal }) => {
      const why = refusal ?? reader?.problem;
      return {
        name: entry.clusterId,
        secret: entry.secret,
        status: refusal === undefined ? (reader?.state ?? 'syncing') : 'refused',
        ...(why === undefined ? {} : { why }),
      };
    });
  }

  async stop(): Promise<void> {
    const members = [...this.#members.values()];
    this.#members.clear();
    await Promise.all(members.flatMap(({ reader, before }) => [reader?.stop(), before?.stop()]));
  }

  #take(entry: RemoteEntry): void {
    const { clusterId, digest, secret } = entry;
    const known = this.#members.get(clusterId);
    if (known !== undefined && known.entry.digest === digest) {
      known.entry = entry;
      return;
    }
    const member: Member = known ?? { entry, reader: undefined, before: undefined, refusal: undefined };
    this.#members.set(clusterId, member);
    member.entry = entry;
    const read = readRemoteKubeconfig(entry.kubeconfig);
    member.refusal = read.kind === 'refused' ? read.why : undefined;
    // With a kubeconfig that is broken now, the one before goes on.
    if (read.kind === 'refused' || member.reader?.digest === digest) return;
    const { sourceOf, onChange, patienceMs = PATIENCE_MS } = this.#options;
    const source = sourceOf(read.config);
    source.watch(onChange);
    const reader = new RemoteReader(clusterId, digest, source, patienceMs);
    void reader.settled.then(onChange);
    if (member.reader?.cluster === undefined) this.#end(member.reader);
    else {
      this.#end(member.before);
      member.before = member.reader;
    }
    member.reader = reader;
    this.#log('remote_cluster_added', { cluster: clusterId, secret, server: source.name });
  }

  #clusterOf(member: Member): RemoteCluster | undefined {
    const cluster = member.reader?.cluster;
    if (cluster === undefined) return member.before?.cluster;
    this.#end(member.before);
    member.before = undefined;
    return cluster;
  }

  #end(reader: RemoteReader | undefined): void {
    void reader?.stop();
  }

  #log(event: string, facts: Readonly<Record<string, string>>): void {
    (this.#options.log ?? NO_LOG)(event, facts);
  }
}
