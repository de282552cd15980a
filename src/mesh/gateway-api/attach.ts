import { GATEWAY_GROUP, type ParentReference } from '../../resources/gateway-api/references.ts';
import type { Namespace } from '../../resources/kinds.ts';
import type { Resource } from '../../resources/resource.ts';
import { intersectHosts } from '../host-names.ts';
import { type ApiListener, allowsKind, allowsNamespace } from './listeners.ts';
import { type Condition, condition } from './status.ts';

/** A route on a listener, with the host names on which it serves there. */
export interface Attached {
  readonly listener: ApiListener;
  readonly hostnames: readonly string[];
}

export interface ParentAttachment {
  readonly parent: string;
  readonly attached: readonly Attached[];
  readonly accepted: Condition;
}

export interface AttachableSpec {
  readonly parentRefs?: readonly ParentReference[] | undefined;
  readonly hostnames?: readonly string[] | undefined;
}

/** Where a route attaches, one entry for each parent that is a Gateway of ours. */
export function attachRoute(
  route: Resource & { readonly spec: AttachableSpec },
  listeners: readonly ApiListener[],
  namespaces: ReadonlyMap<string, Namespace>,
): ParentAttachment[] {
  const attachments: ParentAttachment[] = [];
  for (const reference of route.spec.parentRefs ?? []) {
    if (reference.group !== GATEWAY_GROUP || reference.kind !== 'Gateway') continue;
    const namespace = reference.namespace ?? route.metadata.namespace;
    const ofGateway = listeners.filter(
      ({ gateway }) => gateway.metadata.name === reference.name && gateway.metadata.namespace === namespace,
    );
    // Some other controller's Gateway, or none at all: not ours to speak about.
    if (ofGateway.length === 0) continue;
    const section = reference.sectionName === undefined ? '' : `/${reference.sectionName}`;
    attachments.push({
      parent: `${namespace}/${reference.name}${section}`,
      ...attachToParent(route, reference, ofGateway, namespaces),
    });
  }
  return attachments;
}

function attachToParent(
  route: Resource & { readonly spec: AttachableSpec },
  reference: ParentReference,
  listeners: readonly ApiListener[],
  namespaces: ReadonlyMap<string, Namespace>,
): Omit<ParentAttachment, 'parent'> {
  const refused = (reason: string, message: string): Omit<ParentAttachment, 'parent'> => ({
    attached: [],
    accepted: condition('Accepted', reason, message, false),
  });
  const named = listeners.filter(
    ({ listener }) =>
      (reference.sectionName === undefined || listener.name === reference.sectionName) &&
      (reference.port === undefined || listener.port === reference.port),
  );
  if (named.length === 0) return refused('NoMatchingParent', 'no listener has this section name and port');
  const allowing = named.filter(
    (listener) => allowsKind(listener, route.kind) && allowsNamespace(listener, route.metadata.namespace, namespaces),
  );
  if (allowing.length === 0) {
    return refused('NotAllowedByListeners', `no listener lets a ${route.kind} of this namespace attach`);
  }
  const attached = allowing.flatMap((listener): Attached[] => {
    const hostnames = hostnamesOn(listener, route.spec.hostnames);
    return hostnames.length === 0 ? [] : [{ listener, hostnames }];
  });
  if (attached.length === 0) {
    return refused('NoMatchingListenerHostname', 'no host name of the route is one of a listener');
  }
  return { attached, accepted: condition('Accepted', 'Accepted', 'the route is attached') };
}

/** The more specific of both sides' names; a route without names serves all of the listener's. */
function hostnamesOn({ hostname }: ApiListener, hostnames: readonly string[] | undefined): string[] {
  if (hostnames === undefined || hostnames.length === 0) return [hostname];
  return intersectHosts(
    [hostname],
    hostnames.map((name) => name.toLowerCase()),
  );
}
