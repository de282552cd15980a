import type { ClientStatus } from '../../xds/ads/server.ts';
import type { TypeStatus } from '../../xds/ads/stream.ts';
import { NAME_TABLE } from '../../xds/name-table.ts';
import { CLUSTER, ENDPOINTS, LISTENER, ROUTES, SECRET } from '../../xds/resource.ts';
import { readClaim } from './claim.ts';

/** How one proxy stands to what it should have, for people and programs. */
export interface ProxyStatus {
  /** Node id. */
  readonly id: string;
  readonly type: 'sidecar' | 'router';
  readonly pod: string;
  readonly namespace: string;
  /** SPIFFE id that it has proven. */
  readonly identity: string;
  readonly connectedAtMs: number;
  readonly state: ProxyTypeStatus['state'];
  /** Of the types that it asks for, in the order in which they are pushed. */
  readonly types: readonly ProxyTypeStatus[];
}

export interface ProxyTypeStatus {
  /** `CDS`, `EDS`, … */
  readonly type: string;
  readonly state: TypeStatus['state'];
  /** Of `refused`: the proxy's own words, and the resources that they are about, with their file and line. */
  readonly why?: string;
  readonly suspects?: readonly { readonly resource: string; readonly at: string | undefined }[];
}

const SHORT_NAMES: ReadonlyMap<string, string> = new Map([
  [CLUSTER, 'CDS'],
  [ENDPOINTS, 'EDS'],
  [LISTENER, 'LDS'],
  [ROUTES, 'RDS'],
  [SECRET, 'SDS'],
  [NAME_TABLE, 'NDS'],
]);
const SEVERITY: readonly TypeStatus['state'][] = ['refused', 'stale', 'synced'];

/** One for each proxy; the agent beside an Envoy has a stream of its own for what Envoy does not read. */
export function proxyStatuses(
  clients: readonly ClientStatus[],
  identityOf: (client: ClientStatus) => string,
): ProxyStatus[] {
  const byId = new Map<string, ClientStatus[]>();
  for (const client of clients) {
    const streams = byId.get(client.group);
    if (streams === undefined) byId.set(client.group, [client]);
    else streams.push(client);
  }
  return [...byId.values()].flatMap((streams) => {
    const [first] = streams;
    const claim = first === undefined ? undefined : readClaim({ id: first.client });
    if (first === undefined || claim === undefined) return [];
    const types = streams.flatMap((stream) => stream.types.map(typeStatus));
    return [
      {
        id: claim.id,
        type: claim.type,
        pod: claim.pod,
        namespace: claim.namespace,
        identity: identityOf(first),
        connectedAtMs: Math.min(...streams.map(({ connectedAtMs }) => connectedAtMs)),
        state: SEVERITY.find((state) => types.some((type) => type.state === state)) ?? 'stale',
        types,
      },
    ];
  });
}

function typeStatus({ typeUrl, state, rejection }: TypeStatus): ProxyTypeStatus {
  const type = SHORT_NAMES.get(typeUrl) ?? typeUrl.slice(typeUrl.lastIndexOf('/') + 1);
  if (rejection === undefined) return { type, state };
  const suspects = rejection.suspects.map(({ name, origin }) => ({
    resource: name,
    at: origin?.file === undefined ? undefined : `${origin.file}:${origin.line ?? 1}`,
  }));
  return { type, state, why: rejection.message, suspects };
}
