import { messages } from '../../resources/finding-messages.ts';
import { type Deployment, kinds, type Service } from '../../resources/kinds.ts';
import { type AnalysisFinding, onField } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';
import { isInMesh } from '../in-mesh.ts';
import { matchingServices } from './matching-services.ts';

const NAME = ['metadata', 'name'];
const MANAGED = 'gateway.istio.io/managed';
const WAYPOINT_CONTROLLER = 'istio.io-mesh-controller';

export const multiService: Analyzer = {
  name: 'deployment.MultiServiceAnalyzer',
  description: 'Checks association between services and pods',
  analyze: (context) =>
    context.resources.of(kinds.deployment).flatMap((deployment) => {
      const { namespace, labels: own } = deployment.metadata;
      // A waypoint stands in for services of its own accord.
      if (own[MANAGED] === WAYPOINT_CONTROLLER) return [];
      const { metadata, spec } = deployment.spec.template ?? {};
      const workload = {
        namespace,
        labels: metadata?.labels ?? {},
        annotations: metadata?.annotations ?? {},
        containers: spec?.containers ?? [],
      };
      if (!isInMesh(workload, context)) return [];
      const services = matchingServices(deployment, context);
      return [...protocolConflicts(deployment, services), ...portConflicts(deployment, services)];
    }),
};

/** One port number, two protocols. */
function protocolConflicts(deployment: Deployment, services: readonly Service[]): AnalysisFinding[] {
  const byPort = new Map<number, { readonly protocols: Set<string>; readonly names: string[] }>();
  for (const service of services) {
    for (const { port, protocol = 'TCP' } of service.spec.ports ?? []) {
      const entry = byPort.get(port) ?? { protocols: new Set(), names: [] };
      entry.protocols.add(protocol);
      entry.names.push(fullName(service));
      byPort.set(port, entry);
    }
  }
  return [...byPort]
    .filter(([, { protocols }]) => protocols.size > 1)
    .map(([port, { names }]) => {
      const args = { deployment: deployment.metadata.name, port, services: names.sort() };
      return onField(messages.DeploymentAssociatedToMultipleServices, deployment, args, NAME);
    });
}

/** One target port behind two port numbers. */
function portConflicts(deployment: Deployment, services: readonly Service[]): AnalysisFinding[] {
  const byTarget = new Map<string, Map<number, string>>();
  for (const service of services) {
    for (const { port, targetPort } of service.spec.ports ?? []) {
      const target = targetPort === undefined || targetPort === 0 || targetPort === '' ? port : targetPort;
      const ports = byTarget.get(String(target)) ?? new Map<number, string>();
      ports.set(port, fullName(service));
      byTarget.set(String(target), ports);
    }
  }
  return [...byTarget]
    .filter(([, ports]) => ports.size > 1)
    .map(([targetPort, ports]) => {
      const names = [...ports.values()].sort();
      const args = {
        deployment: deployment.metadata.name,
        services: names,
        targetPort,
        ports: [...ports.keys()].sort((a, b) => a - b),
      };
      return onField(messages.DeploymentConflictingPorts, deployment, args, NAME);
    });
}

function fullName({ metadata }: Service): string {
  return `${metadata.namespace}/${metadata.name}`;
}
