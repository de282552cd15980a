import { protocolByName, selectProtocol } from '../../mesh/protocol.ts';
import { messages } from '../../resources/finding-messages.ts';
import { kinds } from '../../resources/kinds.ts';
import type { ServicePort } from '../../resources/kubernetes/service.ts';
import { onField } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';
import { isControlPlane } from '../control-plane.ts';

/** Services that a controller makes for a Gateway are not the user's to name. */
const MANAGED: ReadonlySet<string> = new Set([
  'istio.io-gateway-controller',
  'istio.io-mesh-controller',
  'istio.io-eastwest-controller',
]);

/** Names that Istio parses beside those that have a protocol of their own in the mesh. */
const MORE_PROTOCOLS: ReadonlySet<string> = new Set(['http_proxy', 'hbone', 'double']);

export const portName: Analyzer = {
  name: 'service.PortNameAnalyzer',
  description: 'Checks the port names associated with each service',
  analyze: ({ resources }) =>
    resources
      .of(kinds.service)
      .filter((service) => !isControlPlane(service))
      .filter(({ metadata }) => !MANAGED.has(metadata.labels['gateway.istio.io/managed'] ?? ''))
      .flatMap((service) => {
        const isExternal = service.spec.type === 'ExternalName';
        return (service.spec.ports ?? []).flatMap((port, index) => {
          const path = ['spec', 'ports', index, 'port'];
          if (hasProtocol(port) && !(isExternal && port.name === 'tcp')) return [];
          if (isExternal) return [onField(messages.ExternalNameServiceTypeInvalidPortName, service, {}, path)];
          const args = { portName: port.name ?? '', port: port.port, targetPort: port.targetPort ?? 0 };
          return [onField(messages.PortNameIsNotUnderNamingConvention, service, args, path)];
        });
      }),
};

function hasProtocol(port: ServicePort): boolean {
  // With an appProtocol the name says nothing any more.
  const { appProtocol, ...rest } = port;
  const named = appProtocol === undefined ? rest : { ...rest, name: appProtocol };
  if (appProtocol?.startsWith('kubernetes.io/') && selectProtocol(port) !== 'AUTO') return true;
  if (selectProtocol(named) !== 'AUTO') return true;
  const name = (named.name ?? '').toLowerCase();
  return (
    name.startsWith('grpc-web') || protocolByName(name) !== undefined || MORE_PROTOCOLS.has(name.split('-')[0] ?? '')
  );
}
