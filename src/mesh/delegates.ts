import type { Finding } from '../resources/finding.ts';
import { finding, messages } from '../resources/finding-messages.ts';
import type { HttpRoute } from '../resources/istio/virtual-service-schema.ts';
import type { VirtualService } from '../resources/kinds.ts';
import { joinNames, mergeMatches } from './delegate-matches.ts';
import { type HttpRule, type HttpRules, ownRules } from './http-rules.ts';
import type { MeshSettings } from './model.ts';
import { isVisibleIn, visibilityOf } from './visibility.ts';

/**
 * VirtualServices with hosts, each with its rules; where a rule delegates, the delegate's rules stand in its place
 * (ISTIO.md 1.4). A delegate that is missing, not exported to the root's namespace, or delegating itself, and rules
 * of it that contradict the root's conditions, are left out.
 */
export function resolveDelegates(
  services: readonly VirtualService[],
  settings: MeshSettings,
): { readonly roots: readonly HttpRules[]; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const delegates = new Map<string, VirtualService>();
  for (const service of services) {
    if (!isDelegate(service)) continue;
    delegates.set(`${service.metadata.namespace}/${service.metadata.name}`, service);
  }
  const roots = services
    .filter((service) => !isDelegate(service))
    .map((service): HttpRules => {
      const rules = ownRules(service).flatMap((rule): HttpRule[] => {
        const { delegate: reference } = rule.http;
        if (reference === undefined) return [rule];
        const key = `${reference.namespace || service.metadata.namespace}/${reference.name ?? ''}`;
        const delegate = delegates.get(key);
        if (delegate === undefined || !isExportedTo(delegate, service.metadata.namespace, settings)) {
          findings.push(
            finding(messages.ReferencedResourceNotFound, service.originOf([...rule.path, 'delegate']), {
              reftype: 'delegate VirtualService',
              refval: key,
            }),
          );
          return [];
        }
        return ownRules(delegate).flatMap((own) => mergeRule(rule, own, findings));
      });
      return { service, rules };
    });
  return { roots, findings };
}

function isDelegate(service: VirtualService): boolean {
  return (service.spec.hosts ?? []).length === 0;
}

function isExportedTo(delegate: VirtualService, namespace: string, { meshConfig }: MeshSettings): boolean {
  const visibility = visibilityOf(
    delegate.spec.exportTo,
    delegate.metadata.namespace,
    meshConfig.defaultVirtualServiceExportTo,
  );
  return isVisibleIn(visibility, namespace);
}

function mergeRule(root: HttpRule, own: HttpRule, findings: Finding[]): HttpRule[] {
  // One level only: a delegate cannot delegate.
  if (own.http.delegate !== undefined) return [];
  const merged = mergeMatches(root.matches, own.matches);
  if (merged === 'conflict') {
    findings.push(
      finding(messages.DelegateRuleConflict, own.owner.originOf(own.path), {
        root: `${root.owner.metadata.namespace}/${root.owner.metadata.name}`,
      }),
    );
    return [];
  }
  return [{ ...own, http: inherit(root.http, own.http), matches: merged }];
}

/** What the delegate does not set it takes from the root. */
function inherit(root: HttpRoute, own: HttpRoute): HttpRoute {
  const name = joinNames(root.name, own.name);
  const answers = own.redirect !== undefined || own.directResponse !== undefined;
  const inherited: Partial<HttpRoute> = {};
  for (const field of INHERITED) {
    // A redirect or direct response takes nothing that belongs to forwarding.
    if (root[field] !== undefined && !(answers && FORWARDING.has(field)))
      Object.assign(inherited, { [field]: root[field] });
  }
  return { ...inherited, ...own, ...(name === undefined ? {} : { name }) };
}

const INHERITED = [
  'rewrite',
  'timeout',
  'retries',
  'fault',
  'mirror',
  'mirrorPercent',
  'mirrorPercentage',
  'mirrors',
  'corsPolicy',
  'headers',
] as const satisfies readonly (keyof HttpRoute)[];

const FORWARDING: ReadonlySet<string> = new Set(['rewrite', 'fault']);
