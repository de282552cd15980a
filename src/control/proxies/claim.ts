import type { Node } from '../../xds/gen/envoy/config/core/v3/base_pb.ts';

/** What a proxy says of itself, in its node id and metadata (ISTIO.md 4.5). Nothing of it is proven. */
export interface ProxyClaim {
  /** `<type>~<ip>~<pod>.<namespace>~<namespace>.svc.<domain>` */
  readonly id: string;
  readonly type: 'sidecar' | 'router';
  readonly ip: string;
  readonly pod: string;
  readonly namespace: string;
  /** Undefined: it does not say. */
  readonly serviceAccount: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Names of pods may have dots, those of namespaces not. */
const NODE_ID = /^(sidecar|router)~([^~]*)~([^~]+)\.([^.~]+)~[^~]+$/;
const MAX_ID_LENGTH = 512;
const MAX_LABELS = 256;

/** Undefined: not the node id of a proxy. */
export function readClaim({ id, metadata = {} }: Pick<Node, 'id' | 'metadata'>): ProxyClaim | undefined {
  const [, type, ip = '', pod = '', namespace = ''] = id.length > MAX_ID_LENGTH ? [] : (NODE_ID.exec(id) ?? []);
  if (type !== 'sidecar' && type !== 'router') return undefined;
  const { SERVICE_ACCOUNT: account } = metadata;
  return {
    id,
    type,
    ip,
    pod,
    namespace,
    serviceAccount: typeof account === 'string' && account !== '' ? account : undefined,
    labels: labelsOf(metadata.LABELS),
    metadata,
  };
}

function labelsOf(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return {};
  const entries = Object.entries(value).slice(0, MAX_LABELS);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
