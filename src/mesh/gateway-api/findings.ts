import type { Finding } from '../../resources/finding.ts';
import { finding, messages } from '../../resources/finding-messages.ts';
import type { ApiObjects } from './resolve.ts';
import type { ApiStatus } from './status.ts';

/** What the status of Gateway API objects says no to, told as findings too: a folder has no status to look at. */
export function apiFindings({ gateways, routes }: ApiStatus, { grpcRoutes }: ApiObjects): Finding[] {
  const findings: Finding[] = [];
  for (const { origin, listeners } of gateways) {
    for (const { name, conditions } of listeners) {
      for (const { status, reason, message } of conditions) {
        if (status === 'False') {
          findings.push(finding(messages.GatewayListenerRefused, origin, { listener: name, reason, message }));
        }
      }
    }
  }
  for (const { origin, parent, conditions } of routes) {
    for (const { type, status, reason, message } of conditions) {
      if (status === 'False')
        findings.push(finding(messages.RouteCondition, origin, { type, parent, reason, message }));
    }
  }
  const attached = new Set(routes.map(({ origin }) => `${origin.kind}/${origin.namespace}/${origin.name}`));
  for (const route of grpcRoutes) {
    if (!attached.has(`GRPCRoute/${route.metadata.namespace}/${route.metadata.name}`)) continue;
    findings.push(
      finding(messages.NotExecutableAtEdge, route.originOf(), {
        what: 'Native gRPC',
        why: 'a worker speaks no HTTP/2 to an origin',
        where: 'as gRPC-Web through the edge, or natively at the classic Envoy gateway',
      }),
    );
  }
  return findings;
}
