import type { DomainConfig, ListenerConfig } from '../engine/config.ts';
import type { PolicyScope } from '../engine/policy-config.ts';
import type { Finding } from '../resources/finding.ts';
import { finding, messages } from '../resources/finding-messages.ts';
import { type K8sGateway, kinds } from '../resources/kinds.ts';
import { ClusterResolver, type DestinationRules } from './destinations.ts';
import type { PolicyResolver } from './enforcement.ts';
import { grpcAuthorizerFindings, withAuthorizers } from './extension-providers.ts';
import { apiFindings } from './gateway-api/findings.ts';
import { type ApiObjects, apiScope, resolveApiGateways } from './gateway-api/resolve.ts';
import type { ApiStatus } from './gateway-api/status.ts';
import { type Attachment, attachGateways } from './gateway-servers.ts';
import type { HttpRules } from './http-rules.ts';
import { type IngressRoutes, resolveIngresses } from './ingress.ts';
import type { GatewayWorkload, MeshOptions, MeshSettings, ResolvedGateway } from './model.ts';
import { notExecutable } from './not-executable.ts';
import { type PolicyTarget, policiesFor } from './policy-selection.ts';
import { proxySettings } from './proxy-settings.ts';
import type { ServiceRegistry } from './registry.ts';
import { Remembered } from './remember.ts';
import type { ResourceSet } from './resource-set.ts';
import { EdgeTelemetry } from './telemetry/edge-telemetry.ts';
import { gatewayLabels, workloadLabels } from './telemetry/workload-labels.ts';
import { resolveGatewayRoutes } from './virtual-hosts.ts';

export interface EdgeInput {
  readonly set: ResourceSet;
  readonly registry: ServiceRegistry;
  readonly rules: DestinationRules;
  readonly settings: MeshSettings;
  /** Policies of the edge's own gateways, and of workloads behind destinations. */
  readonly policiesOf: PolicyResolver;
  readonly httpRules: readonly HttpRules[];
}

export interface ResolvedEdge {
  readonly edge: ResolvedGateway;
  readonly apiStatus: ApiStatus;
  readonly findings: readonly Finding[];
}

const rememberedIngresses = new Remembered<MeshSettings, IngressRoutes>();
const rememberedGateways = new Remembered<MeshSettings, Attachment>();

/** All that one edge stands for: Istio's ingress gateway, and every Gateway of the Gateway API that it serves. */
export function resolveEdge(input: EdgeInput, options: MeshOptions): ResolvedEdge {
  const { set, registry, rules, settings } = input;
  const { workload } = options;
  const clusters = new ClusterResolver(registry, rules, settings, workload.namespace, input.policiesOf);
  const [ingresses, classes, gateways] = [
    set.of(kinds.ingress),
    set.of(kinds.ingressClass),
    set.of(kinds.istioGateway),
  ];
  const ingress = rememberedIngresses.get(settings, [ingresses, classes, workload, registry.shape], () =>
    resolveIngresses(ingresses, classes, workload, registry, settings),
  );
  const attachment = rememberedGateways.get(settings, [gateways, workload, ingress], () =>
    attachGateways(gateways, workload, ingress.servers),
  );
  const scope = scopeOf(workload);
  const classic = resolveGatewayRoutes(attachment.listeners, [...input.httpRules, ...ingress.rules], {
    settings,
    clusters,
    policies: scope,
    labels: workload.labels,
    namespace: workload.namespace,
  });
  const objects = apiObjects(set, options);
  const api = resolveApiGateways(objects, {
    registry,
    clusters,
    grants: set.of(kinds.referenceGrant),
    settings,
    clientNamespace: workload.namespace,
  });
  const merged = mergeListeners(classic.listeners, api.listeners);
  const policies: Record<string, PolicyScope> = {
    [scope]: withAuthorizers(input.policiesOf(workload), settings, clusters),
  };
  const seeing = new EdgeTelemetry(input);
  seeing.add(scope, workload, gatewayLabels(workload, settings));
  for (const gateway of objects.gateways) {
    if (!objects.classNames.includes(gateway.spec.gatewayClassName)) continue;
    const target = apiTarget(gateway);
    policies[apiScope(gateway)] = withAuthorizers(input.policiesOf(target), settings, clusters);
    const { name } = gateway.metadata;
    // Istio deploys each of them under its own name and account, with the class behind it.
    const account = `${name}-${gateway.spec.gatewayClassName}`;
    seeing.add(
      apiScope(gateway),
      target,
      workloadLabels({ ...target, name: account, serviceAccount: account }, settings),
    );
  }
  return {
    edge: {
      workload,
      config: {
        listeners: merged.listeners,
        settings: proxySettings(workload, settings),
        policies,
        telemetry: seeing.scopes,
      },
      domains: mergeDomains(classic.domains, api.domains),
      clusters: clusters.clusters,
    },
    apiStatus: api.status,
    findings: [
      ...attachment.findings,
      ...merged.findings,
      ...apiFindings(api.status, objects),
      ...notExecutable(set, workload, settings),
      ...seeing.findings,
      ...grpcAuthorizerFindings(
        settings,
        policiesFor(set.of(kinds.authorizationPolicy), workload, settings.rootNamespace),
      ),
    ],
  };
}

function apiObjects(set: ResourceSet, { gatewayClasses, workload }: MeshOptions): ApiObjects {
  const { only } = workload;
  return {
    gateways: set
      .of(kinds.k8sGateway)
      .filter(({ metadata }) => only === undefined || only.includes(`${metadata.namespace}/${metadata.name}`)),
    httpRoutes: set.of(kinds.httpRoute),
    grpcRoutes: set.of(kinds.grpcRoute),
    namespaces: new Map(set.of(kinds.namespace).map((namespace) => [namespace.metadata.name, namespace])),
    classNames: gatewayClasses,
  };
}

/** In Istio a Gateway of the Gateway API is a workload of its own, in its own namespace. */
function apiTarget({ metadata, spec }: K8sGateway): PolicyTarget {
  return {
    namespace: metadata.namespace,
    labels: {
      ...spec.infrastructure?.labels,
      'gateway.networking.k8s.io/gateway-name': metadata.name,
      'gateway.networking.k8s.io/gateway-class-name': spec.gatewayClassName,
    },
    gateway: { name: metadata.name, className: spec.gatewayClassName },
  };
}

/** What a gateway workload's policies are filed under. */
function scopeOf({ namespace, labels }: GatewayWorkload): string {
  return `${namespace}/${labels.app ?? labels.istio ?? 'gateway'}`;
}

/** Both APIs share the edge's ports; what a port speaks is decided by the classic side, which has no status to say no. */
function mergeListeners(
  classic: readonly ListenerConfig[],
  api: readonly ListenerConfig[],
): { listeners: ListenerConfig[]; findings: Finding[] } {
  const byPort = new Map(classic.map((listener) => [listener.port, listener]));
  const findings: Finding[] = [];
  for (const listener of api) {
    const there = byPort.get(listener.port);
    if (there !== undefined && there.tls !== listener.tls) {
      const origin = listener.tables[0]?.origin;
      if (origin !== undefined) {
        const reason = `another Gateway already speaks ${there.tls ? 'TLS' : 'plaintext HTTP'} on this port`;
        findings.push(finding(messages.GatewayServerRejected, origin, { port: listener.port, reason }));
      }
      continue;
    }
    byPort.set(listener.port, { ...listener, tables: [...(there?.tables ?? []), ...listener.tables] });
  }
  return { listeners: [...byPort.values()].sort((a, b) => a.port - b.port), findings };
}

function mergeDomains(
  classic: ReadonlyMap<string, DomainConfig>,
  api: ReadonlyMap<string, DomainConfig>,
): ReadonlyMap<string, DomainConfig> {
  const merged = new Map(classic);
  for (const [name, domain] of api) {
    const there = merged.get(name);
    const virtualHosts = { ...there?.virtualHosts, ...domain.virtualHosts };
    merged.set(name, { domain: name, virtualHosts });
  }
  return merged;
}
