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
    resources: resourceViews(mesh),
    findings: findingViews(compiled),
    ...liveViews(compiled, source),
  };
}

/** What changes without a compilation. */
export function liveViews(
  { mesh }: CompiledMesh,
  source: ConsoleSource,
): Pick<MeshView, 'certificates' | 'clusters' | 'edges' | 'proxies'> {
  return {
    certificates: [...gatewayCertificates(mesh), ...(source.certificates?.() ?? [])],
    clusters: clusterViews(mesh, source.gateway?.()),
    edges: source.edges(),
    proxies: source.proxies?.() ?? [],
  };
}

function clusterViews({ settings, registry }: Mesh, gateway: string | undefined): ClusterView[] {
  const own = registry.services.filter(({ source }) => source === 'kubernetes');
  const counts = { services: own.length, workloads: registry.workloads.length };
  return [{ name: settings.clusterId, ...counts, ...(gateway === undefined ? {} : { gateway }) }];
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
