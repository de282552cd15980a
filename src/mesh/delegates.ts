import type { Finding } from '../resources/finding.ts';
import { finding, messages } from '../resources/finding-messages.ts';
import type { HttpRoute } from '../resources/istio/virtual-service-schema.ts';
import type { VirtualService } from '../resources/kinds.ts';
import { joinNames, mergeMatches } from './delegate-matches.ts';
import { resolveHost } from './host-names.ts';
import { gatewayKey, type HttpRule, type HttpRules, ownRules } from './http-rules.ts';
import type { MeshSettings } from './model.ts';
import { Remembered } from './remember.ts';
import { isVisibleIn, type Visibility, visibilityOf } from './visibility.ts';

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
      if (!usesDelegates(service))
        return rememberedRules.get(service, [settings], () => rulesOf(service, ownRules(service), settings));
      const rules = ownRules(service).flatMap((rule): HttpRule[] => {
        const { delegate: reference } = rule.http;
        if (reference === undefined) return [rule];
        const key = `${reference.namespace || service.metadata.namespace}/${reference.name ?? ''}`;
        const delegate = delegates.get(key);
        if (delegate === undefined || !isVisibleIn(exportOf(delegate, settings), service.metadata.namespace)) {
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
      return rulesOf(service, rules, settings);
    });
  return { roots, findings };
}

const rememberedRules = new Remembered<VirtualService, HttpRules>();

/** What stands in a VirtualService alone depends on nothing else. */
function usesDelegates({ spec }: VirtualService): boolean {
  return (spec.http ?? []).some(({ delegate }) => delegate !== undefined);
}

function rulesOf(service: VirtualService, rules: readonly HttpRule[], settings: MeshSettings): HttpRules {
  const { metadata, spec } = service;
  return {
    owner: service,
    hosts: (spec.hosts ?? []).map((host) => resolveHost(host, metadata.namespace, settings.domainSuffix)),
    gateways: [...new Set((spec.gateways ?? ['mesh']).map((gateway) => gatewayKey(gateway, metadata.namespace)))],
    visibility: exportOf(service, settings),
    rules,
  };
}

function exportOf({ metadata, spec }: VirtualService, { meshConfig }: MeshSettings): Visibility {
  return visibilityOf(spec.exportTo, metadata.namespace, meshConfig.defaultVirtualServiceExportTo);
}

function isDelegate(service: VirtualService): boolean {
  return (service.spec.hosts ?? []).length === 0;
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
