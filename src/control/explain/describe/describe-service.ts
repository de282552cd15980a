import { DestinationRules, subsetsOf } from '../../../mesh/destinations.ts';
import { isSubsetOf, resolveHost } from '../../../mesh/host-names.ts';
import { labelsMatch } from '../../../mesh/labels.ts';
import type { Mesh } from '../../../mesh/model.ts';
import type { MeshService, MeshWorkload } from '../../../mesh/registry.ts';
import { type DestinationRule, kinds } from '../../../resources/kinds.ts';
import { type Described, described, warning } from './described.ts';
import { peerAuthenticationOf } from './peer-authentication.ts';
import { policiesOf } from './policies.ts';
import { rulesReaching } from './reaching-rules.ts';

export function describeService(mesh: Mesh, service: MeshService): Described[] {
  const workloads = mesh.registry.workloadsOf(service);
  return [
    described(
      service.source === 'kubernetes' ? 'Service' : 'ServiceEntry',
      `${service.name}.${service.namespace} (${service.host})`,
      {
        origin: service.origin,
        details: [...portLines(service), ...workloads.map(workloadLine), ...emptiness(service, workloads)],
      },
    ),
    ...destinationRuleLines(mesh, service, workloads),
    ...meshVirtualServices(mesh, service),
    ...rulesReaching(mesh, service.host),
    ...policiesOf(mesh, workloads),
    ...workloads.slice(0, 1).map((workload) => peerAuthenticationOf(mesh, workload)),
  ];
}

function portLines({ ports, origin }: MeshService): Described[] {
  return ports.flatMap(({ number, name, protocol, targetPort }) => {
    const target = targetPort === undefined ? '' : ` targets pod port ${targetPort}`;
    const line = described('Port', `${name === '' ? '(unnamed)' : name} ${number}/${protocol}${target}`, { origin });
    if (protocol !== 'AUTO') return [line];
    const text = `port ${number} names no protocol: it is found out from the bytes; call it http-… or set appProtocol`;
    return [line, warning(text, origin)];
  });
}

export function workloadLine(workload: MeshWorkload): Described {
  const sidecar = workload.hasSidecar ? 'with sidecar' : 'without sidecar';
  const labels = Object.entries(workload.labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  return described('Workload', `${workload.name}.${workload.namespace} (${sidecar}; ${labels})`, {
    origin: workload.origin,
  });
}

function emptiness(service: MeshService, workloads: readonly MeshWorkload[]): Described[] {
  if (service.selector === undefined || workloads.length > 0 || service.endpoints.length > 0) return [];
  return [warning('no workload has the labels of its selector', service.origin)];
}

function destinationRuleLines(mesh: Mesh, service: MeshService, workloads: readonly MeshWorkload[]): Described[] {
  const rules = new DestinationRules(mesh.resources.of(kinds.destinationRule), mesh.settings).find(
    service.host,
    service.namespace,
    mesh.edge.workload.namespace,
  );
  const subsets = subsetsOf(rules);
  return rules.map((rule) => {
    const own = [...subsets.values()].filter((subset) => subset.rule === rule);
    const details = own.map(({ name, labels }) => {
      const matching = workloads.filter((workload) => labelsMatch(labels, workload.labels));
      if (matching.length === 0)
        return warning(`subset ${name}: no workload has its labels`, rule.originOf(['spec', 'subsets']));
      return described('Subset', `${name}: ${matching.map((one) => one.name).join(', ')}`);
    });
    const { name, namespace } = rule.metadata;
    return described('DestinationRule', `${name}.${namespace} for ${rule.spec.host}${trafficPolicyText(rule)}`, {
      origin: rule.originOf(),
      details,
    });
  });
}

function trafficPolicyText({ spec }: DestinationRule): string {
  const policy = spec.trafficPolicy;
  if (policy === undefined) return '';
  const parts = Object.entries(policy)
    .filter(([, value]) => value !== undefined)
    .map(([key]) => (key === 'tls' ? `tls ${policy.tls?.mode ?? 'DISABLE'}` : key));
  return `; traffic policy: ${parts.join(', ')}`;
}

/** VirtualServices for calls inside the mesh: the sidecars act on these, not the edge. */
function meshVirtualServices(mesh: Mesh, service: MeshService): Described[] {
  return mesh.resources.of(kinds.virtualService).flatMap((virtualService) => {
    const { name, namespace } = virtualService.metadata;
    const gateways = virtualService.spec.gateways ?? ['mesh'];
    const hosts = virtualService.spec.hosts ?? [];
    const covers = hosts.some((host) =>
      isSubsetOf(service.host, resolveHost(host, namespace, mesh.settings.domainSuffix)),
    );
    if (!gateways.includes('mesh') || !covers) return [];
    const rules = (virtualService.spec.http ?? []).length;
    return [
      described('VirtualService', `${name}.${namespace}: ${rules} http rules for calls inside the mesh`, {
        origin: virtualService.originOf(),
      }),
    ];
  });
}
