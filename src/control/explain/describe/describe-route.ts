import type { Mesh } from '../../../mesh/model.ts';
import { kinds } from '../../../resources/kinds.ts';
import { type Described, described, warning } from './described.ts';
import { ruleLine } from './reaching-rules.ts';

/** A VirtualService, HTTPRoute or GRPCRoute: which hosts of the edge carry which of its rules, and what was refused. */
export function describeRoute(mesh: Mesh, name: string, namespace: string | undefined): Described[] {
  const candidates = routesOf(mesh).filter(
    ({ metadata }) => metadata.name === name && (namespace === undefined || metadata.namespace === namespace),
  );
  return candidates.map(({ kind, metadata, originOf }) => {
    const details: Described[] = [];
    for (const [domain, { virtualHosts }] of mesh.edge.domains) {
      const own = Object.values(virtualHosts)
        .flatMap(({ routes }) => routes)
        .filter(
          ({ origin }) => origin.kind === kind && origin.name === name && origin.namespace === metadata.namespace,
        );
      if (own.length === 0) continue;
      details.push(described('Host', domain, { details: own.map((route) => ruleLine(mesh, route)) }));
    }
    for (const { origin, parent, conditions } of mesh.apiStatus.routes) {
      if (origin.kind !== kind || origin.name !== name || origin.namespace !== metadata.namespace) continue;
      const text = conditions.map(({ type, status, reason }) => `${type}=${status} (${reason})`).join(', ');
      details.push(described('Parent', `${parent}: ${text}`));
    }
    if (!details.some(({ what }) => what === 'Host')) {
      details.push(
        warning('no host of the edge carries its rules; `foresail explain` on one of its URLs says why', originOf()),
      );
    }
    return described(kind, `${metadata.name}.${metadata.namespace}`, { origin: originOf(), details });
  });
}

/** One rule by the name that its route gives it, which is what access logs show: on every host that carries it. */
export function describeRule(mesh: Mesh, name: string): Described[] {
  return [...mesh.edge.domains].flatMap(([domain, { virtualHosts }]) => {
    const named = Object.values(virtualHosts)
      .flatMap(({ routes }) => routes)
      .filter((route) => route.name === name);
    if (named.length === 0) return [];
    return [described('Host', domain, { details: named.map((route) => ruleLine(mesh, route)) })];
  });
}

/** Everything that can be described as a route. */
export function routeNames(mesh: Mesh): { readonly name: string; readonly namespace: string }[] {
  return routesOf(mesh).map(({ metadata: { name, namespace } }) => ({ name, namespace }));
}

function routesOf({ resources }: Mesh) {
  return [...resources.of(kinds.virtualService), ...resources.of(kinds.httpRoute), ...resources.of(kinds.grpcRoute)];
}
