import type { ConfigOrigin } from '../../engine/values.ts';
import { GATEWAY_GROUP } from '../../resources/gateway-api/references.ts';
import type { K8sGateway, Namespace } from '../../resources/kinds.ts';
import { configOrigin } from '../config-origin.ts';
import { selectorMatches } from '../labels.ts';

type Listener = K8sGateway['spec']['listeners'][number];

/** A listener of a Gateway that the edge serves. */
export interface ApiListener {
  readonly gateway: K8sGateway;
  readonly index: number;
  readonly listener: Listener;
  /** Lower case; `*` when the listener names none. */
  readonly hostname: string;
  readonly tls: boolean;
  /** False: what it speaks cannot be served by a worker. */
  readonly executable: boolean;
  /** Name of its route table. */
  readonly table: string;
  readonly origin: ConfigOrigin;
}

/** Listeners of every Gateway whose class the edge serves, Gateways oldest first. */
export function apiListeners(gateways: readonly K8sGateway[], classNames: readonly string[]): ApiListener[] {
  return gateways
    .filter(({ spec }) => classNames.includes(spec.gatewayClassName))
    .flatMap((gateway) =>
      gateway.spec.listeners.map((listener, index): ApiListener => {
        const { name, namespace } = gateway.metadata;
        const tls = listener.protocol === 'HTTPS';
        return {
          gateway,
          index,
          listener,
          hostname: listener.hostname?.toLowerCase() || '*',
          tls,
          executable: tls || listener.protocol === 'HTTP',
          table: tls
            ? `https.${listener.port}.${listener.name}.${name}.${namespace}`
            : `http.${listener.port}.${name}.${namespace}`,
          origin: configOrigin(gateway, ['spec', 'listeners', index]),
        };
      }),
    );
}

/** Whether a listener lets routes of a namespace attach. */
export function allowsNamespace(
  { gateway, listener }: ApiListener,
  namespace: string,
  namespaces: ReadonlyMap<string, Namespace>,
): boolean {
  const { from, selector } = listener.allowedRoutes.namespaces;
  switch (from) {
    case 'All':
      return true;
    case 'Same':
      return namespace === gateway.metadata.namespace;
    case 'Selector':
      return (
        selector !== undefined &&
        selectorMatches(selector, {
          // Kubernetes puts this label on every namespace.
          'kubernetes.io/metadata.name': namespace,
          ...namespaces.get(namespace)?.metadata.labels,
        })
      );
    case 'None':
      return false;
  }
}

/** Kinds that a listener lets attach: those it names, else all that fit its protocol. */
export function allowsKind({ listener, executable }: ApiListener, kind: string): boolean {
  const { kinds } = listener.allowedRoutes;
  if (kinds === undefined || kinds.length === 0) return executable && (kind === 'HTTPRoute' || kind === 'GRPCRoute');
  return kinds.some((allowed) => allowed.group === GATEWAY_GROUP && allowed.kind === kind);
}
