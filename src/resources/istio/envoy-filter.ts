import * as z from 'zod';
import { defineKind } from '../kind.ts';
import type { Report } from '../report.ts';
import type { FieldPath } from '../resource.ts';
import { regexProblem } from '../scalars/regex.ts';
import { type EnvoyConfigPatch, envoyFilterSpec } from './envoy-filter-schema.ts';
import { checkSelectorLabels, checkTargetRef } from './policy-target.ts';

export const envoyFilter = defineKind({
  kind: 'EnvoyFilter',
  group: 'networking.istio.io',
  versions: ['v1alpha3'],
  plural: 'envoyfilters',
  namespaced: true,
  fields: 'strict',
  schema: z.strictObject({ spec: envoyFilterSpec }),
  validate({ spec }, report) {
    const { workloadSelector, targetRefs = [], configPatches = [] } = spec;
    if (workloadSelector) {
      checkSelectorLabels(workloadSelector.labels ?? {}, ['spec', 'workloadSelector', 'labels'], report);
      if (targetRefs.length > 0)
        report.error(['spec', 'targetRefs'], 'only one of targetRefs or workloadSelector can be set');
      if (Object.keys(workloadSelector.labels ?? {}).length === 0) {
        report.warning(
          ['spec', 'workloadSelector'],
          'Envoy filter: workload selector specified without labels, will be applied to all services in namespace',
        );
      }
    }
    for (const [index, reference] of targetRefs.entries())
      checkTargetRef(reference, ['spec', 'targetRefs', index], report);
    for (const [index, patch] of configPatches.entries()) checkPatch(patch, ['spec', 'configPatches', index], report);
  },
});

const LISTENER_OBJECTS = new Set(['LISTENER', 'FILTER_CHAIN', 'NETWORK_FILTER', 'HTTP_FILTER', 'LISTENER_FILTER']);
const ROUTE_OBJECTS = new Set(['ROUTE_CONFIGURATION', 'VIRTUAL_HOST', 'HTTP_ROUTE']);
const HTTP_CONNECTION_MANAGER = 'envoy.filters.network.http_connection_manager';

/** Istio's validation of one patch. */
function checkPatch({ applyTo, match, patch }: EnvoyConfigPatch, path: FieldPath, report: Report): void {
  if (applyTo === undefined || applyTo === 'INVALID') {
    report.error([...path, 'applyTo'], 'Envoy filter: missing applyTo');
    return;
  }
  const operation = patch?.operation ?? 'INVALID';
  if (!patch) report.error([...path, 'patch'], 'Envoy filter: missing patch');
  else if (operation === 'INVALID')
    report.error([...path, 'patch', 'operation'], 'Envoy filter: missing patch operation');
  else if (operation !== 'REMOVE' && patch.value === undefined) {
    report.error([...path, 'patch', 'value'], 'Envoy filter: missing patch value for non-remove operation');
  }
  const version = match?.proxy?.proxyVersion;
  const problem = version === undefined ? undefined : regexProblem(version);
  if (problem !== undefined)
    report.error(
      [...path, 'match', 'proxy', 'proxyVersion'],
      `Envoy filter: invalid regex for proxy version: ${problem}`,
    );
  checkMatchClass(applyTo, match, path, report);
}

function checkMatchClass(applyTo: string, match: EnvoyConfigPatch['match'], path: FieldPath, report: Report): void {
  const { listener, routeConfiguration, cluster, waypoint } = match ?? {};
  const given = [listener, routeConfiguration, cluster, waypoint].filter((one) => one !== undefined).length;
  if (given > 1)
    report.error([...path, 'match'], 'only one of listener, routeConfiguration, cluster and waypoint can be set');
  if (given === 0 || waypoint) return;
  if (LISTENER_OBJECTS.has(applyTo) && !listener) {
    report.error([...path, 'match'], 'Envoy filter: applyTo for listener class objects cannot have non listener match');
  }
  if (ROUTE_OBJECTS.has(applyTo) && !routeConfiguration) {
    report.error(
      [...path, 'match'],
      'Envoy filter: applyTo for http route class objects cannot have non route configuration match',
    );
  }
  if (applyTo === 'CLUSTER' && !cluster) {
    report.error([...path, 'match'], 'Envoy filter: applyTo for cluster class objects cannot have non cluster match');
  }
  const filter = listener?.filterChain?.filter;
  if (!filter) return;
  const filterPath = [...path, 'match', 'listener', 'filterChain', 'filter'];
  if (!filter.name) report.error(filterPath, 'Envoy filter: filter match requires filter name');
  if (!filter.subFilter) return;
  if (filter.name !== HTTP_CONNECTION_MANAGER) {
    report.error(filterPath, `Envoy filter: subfilter match requires filter match with ${HTTP_CONNECTION_MANAGER}`);
  }
  if (!filter.subFilter.name) report.error(filterPath, 'Envoy filter: subfilter match requires subfilter name');
}
