import { configOrigin } from '../../../mesh/config-origin.ts';
import type { Mesh } from '../../../mesh/model.ts';
import { kinds } from '../../../resources/kinds.ts';
import type { CompiledMesh, ConsoleSource } from '../console-source.ts';
import type { ClusterView, FindingView, MeshView, ResourceView } from '../wire.ts';
import { gatewayCertificates } from './certificates.ts';
import { policyViews } from './policies.ts';
import { routeViews } from './routes.ts';
import { serviceViews } from './services.ts';
import { workloadViews } from './workloads.ts';

/** The whole configuration, as the lists of the console show it. */
export function meshView(compiled: CompiledMesh, source: ConsoleSource): MeshView {
  const { mesh, revision } = compiled;
  return {
    revision,
    trustDomain: mesh.settings.trustDomain,
    services: serviceViews(mesh),
    workloads: workloadViews(mesh),
    routes: routeViews(mesh),
    policies: policyViews(mesh),
    certificates: [...gatewayCertificates(mesh), ...(source.certificates?.() ?? [])],
    edges: source.edges(),
    clusters: clusterViews(mesh),
    proxies: source.proxies?.() ?? [],
    resources: resourceViews(mesh),
    findings: findingViews(compiled),
  };
}

function clusterViews({ settings, registry }: Mesh): ClusterView[] {
  const own = registry.services.filter(({ source }) => source === 'kubernetes');
  return [{ name: settings.clusterId, services: own.length, workloads: registry.workloads.length }];
}

function resourceViews({ resources }: Mesh): ResourceView[] {
  return Object.values(kinds)
    .flatMap((kind) => resources.of(kind))
    .map((resource) => ({
      kind: resource.kind,
      namespace: resource.metadata.namespace,
      name: resource.metadata.name,
      origin: configOrigin(resource),
    }));
}

const LEVELS = ['Error', 'Warning', 'Info'];

/** The worst first. */
function findingViews({ findings }: CompiledMesh): FindingView[] {
  return findings
    .map(({ code, name, level, message, fix, origin: { column: _, ...origin } }) => ({
      code,
      name,
      level,
      message,
      ...(fix === undefined ? {} : { fix }),
      origin,
    }))
    .sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
}
