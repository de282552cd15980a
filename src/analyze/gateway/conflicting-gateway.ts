import { messages } from '../../resources/finding-messages.ts';
import { type IstioGateway, kinds } from '../../resources/kinds.ts';
import { type AnalysisFinding, onObject } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';
import { type AnalysisContext, selectPods } from '../context.ts';
import { selectorText } from '../selector-text.ts';

interface Listening {
  readonly gateway: IstioGateway;
  readonly selector: string;
  /** Host → bind address. */
  readonly hosts: ReadonlyMap<string, string>;
}

export const conflictingGateway: Analyzer = {
  name: 'gateway.ConflictingGatewayAnalyzer',
  description: "Checks a gateway's selector, port number and hosts",
  analyze: (context) => {
    const gateways = context.resources.of(kinds.istioGateway);
    const byPort = listeningByPort(gateways);
    return gateways.flatMap((gateway) => check(gateway, byPort, context));
  },
};

function listeningByPort(gateways: readonly IstioGateway[]): ReadonlyMap<number, readonly Listening[]> {
  const byPort = new Map<number, Listening[]>();
  for (const gateway of gateways) {
    const ports = new Map<number, Map<string, string>>();
    // Of several servers on one port istioctl remembers the last.
    for (const { port, hosts, bind = '' } of gateway.spec.servers ?? []) {
      ports.set(port.number ?? 0, new Map(hosts.map((host) => [host, bind])));
    }
    const selector = selectorText(gateway.spec.selector);
    for (const [port, hosts] of ports) {
      const list = byPort.get(port);
      if (list === undefined) byPort.set(port, [{ gateway, selector, hosts }]);
      else list.push({ gateway, selector, hosts });
    }
  }
  return byPort;
}

function check(
  gateway: IstioGateway,
  byPort: ReadonlyMap<number, readonly Listening[]>,
  context: AnalysisContext,
): AnalysisFinding[] {
  const selector = selectorText(gateway.spec.selector);
  return (gateway.spec.servers ?? []).flatMap(({ port, hosts, bind = '' }, index) => {
    const number = port.number ?? 0;
    const others = (byPort.get(number) ?? [])
      .filter((other) => other.gateway !== gateway && hosts.some((host) => other.hosts.get(host) === bind))
      .filter((other) => sharesPods(gateway, selector, other, context))
      .map(({ gateway: { metadata } }) => `${metadata.namespace}/${metadata.name}`);
    if (others.length === 0) return [];
    const args = { gateway: others.sort().join(','), selector, portnumber: number, hosts: hosts.join(',') };
    return [onObject(messages.ConflictingGateways, gateway, args, ['spec', 'servers', index])];
  });
}

/** The same selector, or one within the other where a pod has the labels of both. */
function sharesPods(gateway: IstioGateway, selector: string, other: Listening, context: AnalysisContext): boolean {
  if (selector === other.selector) return true;
  if (!selector.includes(other.selector) && !other.selector.includes(selector)) return false;
  const both = { ...gateway.spec.selector, ...other.gateway.spec.selector };
  return selectPods(context, both).length > 0;
}
