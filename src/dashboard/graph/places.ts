import type { MeshView, PeerView, ServiceView } from '../../control/console/wire.ts';
import type { GraphOptions } from './gathered.ts';

export const CLIENTS = 'client:';
export const EDGE = 'edge:';

/** Where a peer stands in the picture. */
export class Places {
  readonly #level: GraphOptions['level'];
  readonly #hosts: ReadonlyMap<string, ServiceView>;
  readonly #workloads: ReadonlySet<string>;
  readonly #serviceOf = new Map<string, string>();
  readonly #alone: ReadonlySet<string>;

  constructor(mesh: MeshView, hosts: ReadonlyMap<string, ServiceView>, level: GraphOptions['level']) {
    this.#level = level;
    this.#alone = aloneIn([...hosts.values()]);
    this.#hosts = hosts;
    this.#workloads = new Set(mesh.workloads.map(({ id }) => id));
    for (const { host, workloads } of hosts.values()) for (const id of workloads) this.#serviceOf.set(id, host);
  }

  /** Its service stands for it. */
  isAlone({ namespace, name }: Pick<PeerView, 'namespace' | 'name'>): boolean {
    return this.#alone.has(`${namespace}/${name}`);
  }

  has(host: string): boolean {
    return this.#hosts.has(host);
  }

  /** The node of a caller. */
  caller(peer: PeerView): string | undefined {
    if (peer.kind === 'client') return `${CLIENTS}${peer.name}`;
    if (peer.kind === 'edge') return `${EDGE}${peer.name}`;
    if (peer.kind === 'gateway') return gatewayId(peer);
    if (peer.kind === 'unknown') return undefined;
    const workload = this.workload(peer, this.#serviceOf.get(`${peer.namespace}/${peer.name}`) ?? '');
    if (this.#level === 'workloads' && workload !== undefined && !this.isAlone(peer)) return workload;
    const host = peer.service || this.#serviceOf.get(`${peer.namespace}/${peer.name}`);
    return host === undefined || !this.#hosts.has(host) ? undefined : serviceId(host);
  }

  /** A pod that is not known by its name is found by its version among those of the service. */
  workload({ namespace, name, version }: PeerView, host: string): string | undefined {
    if (this.#workloads.has(`${namespace}/${name}`)) return workloadId(`${namespace}/${name}`);
    const candidates = this.#hosts.get(host)?.workloads ?? [];
    const matching = candidates.filter(
      (id) => id === `${namespace}/${name}` || (version !== '' && id.endsWith(`-${version}`)),
    );
    const [only, ...others] = matching.length > 0 ? matching : candidates;
    return only === undefined || others.length > 0 ? undefined : workloadId(only);
  }
}

/** Ids of workloads that are the only one of their only service: two boxes would say the same. */
export function aloneIn(services: readonly ServiceView[]): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const id of services.flatMap(({ workloads }) => workloads)) counts.set(id, (counts.get(id) ?? 0) + 1);
  return new Set(
    services.flatMap(({ workloads: [only, ...others] }) =>
      only !== undefined && others.length === 0 && counts.get(only) === 1 ? [only] : [],
    ),
  );
}

export function gatewayId({ namespace, name }: PeerView): string {
  return `gateway:${namespace}/${name}`;
}

export function serviceId(host: string): string {
  return `service:${host}`;
}

export function workloadId(id: string): string {
  return `workload:${id}`;
}
