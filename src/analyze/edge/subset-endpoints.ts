import { DestinationRules, subsetsOf } from '../../mesh/destinations.ts';
import { resolveHost } from '../../mesh/host-names.ts';
import { labelsMatch } from '../../mesh/labels.ts';
import type { MeshService } from '../../mesh/registry.ts';
import { messages } from '../../resources/finding-messages.ts';
import { type DestinationRule, kinds } from '../../resources/kinds.ts';
import { type AnalysisFinding, onPlace } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';
import type { AnalysisContext } from '../context.ts';
import { destinationsOf } from '../virtual-service/destinations-of.ts';

/**
 * Istio asks whether any pod of the mesh has a subset's labels, and whether a DestinationRule defines it anywhere.
 * Between that and a request that is answered lie the service's own endpoints, and whose rules a gateway follows.
 */
export const subsetEndpoints: Analyzer = {
  name: 'foresail.SubsetAnalyzer',
  description: 'Checks that subsets have endpoints of their service and are defined for the gateway',
  analyze: (context) => [
    ...context.resources.of(kinds.destinationRule).flatMap((rule) => checkEndpoints(rule, context)),
    ...checkVisibility(context),
  ],
};

function checkEndpoints(rule: DestinationRule, context: AnalysisContext): AnalysisFinding[] {
  const { registry, mesh, workloads } = context;
  const { namespace } = rule.metadata;
  const host = resolveHost(rule.spec.host, namespace, mesh.settings.domainSuffix);
  const service = registry.find(host, namespace);
  if (service === undefined || !hasKnownEndpoints(service, context)) return [];
  return (rule.spec.subsets ?? []).flatMap(({ name: subset, labels = {} }, index) => {
    const isServed =
      registry.workloadsOf(service).some((workload) => labelsMatch(labels, workload.labels)) ||
      service.endpoints.some((endpoint) => labelsMatch(labels, endpoint.labels));
    // Labels that fit no pod at all are Istio's to tell.
    if (isServed || !workloads.some((workload) => labelsMatch(labels, workload.labels))) return [];
    return [onPlace(messages.SubsetWithoutEndpoints, rule, { subset, host }, ['spec', 'subsets', index])];
  });
}

function hasKnownEndpoints(service: MeshService, { registry }: AnalysisContext): boolean {
  if (service.resolution === 'NONE' || service.resolution.includes('DNS')) return false;
  return registry.workloadsOf(service).length > 0;
}

function checkVisibility({ resources, mesh, registry }: AnalysisContext): AnalysisFinding[] {
  const { settings, edge } = mesh;
  const rules = new DestinationRules(resources.of(kinds.destinationRule), settings);
  const defined = new Set(
    resources
      .of(kinds.destinationRule)
      .flatMap(({ metadata, spec }) =>
        (spec.subsets ?? []).map(
          ({ name }) => `${resolveHost(spec.host, metadata.namespace, settings.domainSuffix)} ${name}`,
        ),
      ),
  );
  const client = edge.workload.namespace;
  return resources.of(kinds.virtualService).flatMap((service) => {
    if (!(service.spec.gateways ?? []).some((gateway) => gateway !== 'mesh')) return [];
    return destinationsOf(service).flatMap(({ destination: { host: written, subset }, path }) => {
      const host = resolveHost(written, service.metadata.namespace, settings.domainSuffix);
      const target = registry.find(host, client);
      // A subset that no rule defines is Istio's to tell.
      if (!subset || target === undefined || !defined.has(`${host} ${subset}`)) return [];
      if (subsetsOf(rules.find(target.host, target.namespace, client)).has(subset)) return [];
      const args = { subset, host: written, namespace: client };
      return [onPlace(messages.SubsetNotVisible, service, args, [...path, 'subset'])];
    });
  });
}
