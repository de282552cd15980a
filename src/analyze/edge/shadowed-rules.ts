import type { RouteConfig } from '../../engine/config.ts';
import { messages } from '../../resources/finding-messages.ts';
import { kinds } from '../../resources/kinds.ts';
import { formatLocation } from '../../resources/origin.ts';
import { type AnalysisFinding, onPlace, type Subject } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';
import { routeCovers } from './route-cover.ts';

/** Beyond this many routes on one host, only the first are compared with each other. */
const MAX_ROUTES = 2_000;

/** On one host the rules of several VirtualServices stand in one list: the older ones come first, from whatever file. */
export const shadowedRules: Analyzer = {
  name: 'foresail.ShadowedRuleAnalyzer',
  description: 'Tells rules that another VirtualService on the same host leaves no request',
  analyze: ({ mesh, resources }) => {
    const owners = new Map<string, Subject>(
      resources
        .of(kinds.virtualService)
        .map((service) => [`${service.metadata.namespace}/${service.metadata.name}`, service]),
    );
    return [...mesh.edge.domains.values()].flatMap(({ domain, virtualHosts }) =>
      Object.values(virtualHosts).flatMap(({ routes }) => check(routes.slice(0, MAX_ROUTES), domain, owners)),
    );
  },
};

function check(routes: readonly RouteConfig[], host: string, owners: ReadonlyMap<string, Subject>): AnalysisFinding[] {
  if (new Set(routes.map(ownerOf)).size < 2) return [];
  return routes.flatMap((route, index) => {
    const owner = owners.get(ownerOf(route));
    const by = routes
      .slice(0, index)
      .find((earlier) => ownerOf(earlier) !== ownerOf(route) && routeCovers(earlier.match, route.match));
    if (owner === undefined || by === undefined) return [];
    const { path = '', ...origin } = by.origin;
    const args = { host, by: `${path === '' ? 'a rule' : path} of ${ownerOf(by)} (${formatLocation(origin)})` };
    return [at(onPlace(messages.RuleShadowed, owner, args, []), route)];
  });
}

/** The compiled route knows its line already. */
function at(finding: AnalysisFinding, { origin }: RouteConfig): AnalysisFinding {
  const { objectLine: _, ...place } = origin;
  return { ...finding, origin: place, place };
}

function ownerOf({ origin }: RouteConfig): string {
  return `${origin.namespace}/${origin.name}`;
}
