import { UNKNOWN_WORKLOAD, type WorkloadLabels } from './workload-labels.ts';

/** What a proxy tells the next one about its workload; it never leaves the mesh. */
export const PEER_HEADER = 'x-foresail-peer';
/** Filter state in which the callee's Envoy keeps it for its log of metrics. */
export const PEER_STATE = 'foresail.peer';

const FIELDS = [
  'workload',
  'namespace',
  'app',
  'version',
  'cluster',
  'canonicalService',
  'canonicalRevision',
] as const satisfies readonly (keyof WorkloadLabels)[];

/** No label of a workload is longer in Kubernetes; what is longer is not of a control plane's making. */
const MAX_LENGTH = 2_048;

/** `<account>;<workload>;<namespace>;…`, each part encoded as in a URL. */
export function peerText(labels: WorkloadLabels): string {
  return [accountOf(labels.principal), ...FIELDS.map((field) => labels[field])].map(encodeURIComponent).join(';');
}

/**
 * Whom a caller says it is, as far as its certificate says the same: namespace and account. Undefined: it says nothing
 * that is to be believed.
 */
export function believedPeer(text: string, principal: string): WorkloadLabels | undefined {
  if (text === '' || text.length > MAX_LENGTH) return undefined;
  const [account, ...values] = text.split(';').map(decoded);
  if (account !== accountOf(principal) || values.length !== FIELDS.length) return undefined;
  const told = Object.fromEntries(FIELDS.map((field, index) => [field, values[index]]));
  if (told.namespace !== namespaceOf(principal)) return undefined;
  return { ...UNKNOWN_WORKLOAD, ...told, principal };
}

const SPIFFE = /^spiffe:\/\/[^/]+\/ns\/([^/]+)\/sa\/([^/]+)$/;

/** Of a SPIFFE id. Undefined: it is none of a workload. */
export function namespaceOf(principal: string): string | undefined {
  return SPIFFE.exec(principal)?.[1];
}

function accountOf(principal: string): string {
  return SPIFFE.exec(principal)?.[2] ?? '';
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
