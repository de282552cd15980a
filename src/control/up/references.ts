import { type AnyResource, kinds, resourcesOf } from '../../resources/kinds.ts';

/** A destination that some route asks for. */
export interface Reference {
  readonly host: string;
  readonly subset: string | undefined;
  readonly port: number | undefined;
  /** Of the resource that asks, in which short names are to be read. */
  readonly namespace: string;
}

interface Destination {
  readonly host: string;
  readonly subset?: string | undefined;
  readonly port?: { readonly number?: number | undefined } | undefined;
}

/** Every destination of HTTP routes: VirtualServices, HTTPRoutes. */
export function referencesOf(resources: readonly AnyResource[]): Reference[] {
  const references: Reference[] = [];
  for (const { metadata, spec } of resourcesOf(resources, kinds.virtualService)) {
    const add = ({ host, subset, port }: Destination): void => {
      references.push({ host, subset, port: port?.number, namespace: metadata.namespace });
    };
    for (const http of spec.http ?? []) {
      for (const { destination } of http.route ?? []) add(destination);
      for (const { destination } of http.mirrors ?? []) add(destination);
      if (http.mirror !== undefined) add(http.mirror);
    }
  }
  for (const { metadata, spec } of resourcesOf(resources, kinds.httpRoute)) {
    for (const { backendRefs = [] } of spec.rules ?? []) {
      for (const { kind, group, name, namespace, port } of backendRefs) {
        if ((kind ?? 'Service') !== 'Service' || (group ?? '') !== '') continue;
        references.push({ host: name, subset: undefined, port, namespace: namespace ?? metadata.namespace });
      }
    }
  }
  return references;
}
