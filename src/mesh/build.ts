/**
 * Resources go in, the Mesh comes out: every rule of Istio applied, nothing encoded yet. Pure and total: what is
 * wrong with a resource becomes a finding, and harms only that resource.
 */

import type { ExternalAuthorizerConfig, PolicyScope } from '../engine/config.ts';
import type { Finding } from '../resources/finding.ts';
import { type AnyResource, kinds } from '../resources/kinds.ts';
import type { MeshConfig } from '../resources/mesh-config.ts';
import { resolveAuthorization } from './authorization.ts';
import { resolveDelegates } from './delegates.ts';
import { ClusterResolver, DestinationRules } from './destinations.ts';
import { externalAuthorizers } from './extension-providers.ts';
import { attachGateways } from './gateway-servers.ts';
import type { GatewayWorkload, Mesh, MeshSettings, ResolvedGateway } from './model.ts';
import { policiesFor } from './policy-selection.ts';
import { ServiceRegistry } from './registry.ts';
import { type JwksLookup, resolveRequestAuthentication } from './request-authentication.ts';
import { ResourceSet } from './resource-set.ts';

import { kubernetesServices, serviceEntries } from './services.ts';
import { resolveGatewayRoutes } from './virtual-hosts.ts';
import { workloads } from './workloads.ts';

export interface MeshOptions {
  readonly meshConfig: MeshConfig;
  readonly workload: GatewayWorkload;
  readonly domainSuffix: string;
  readonly clusterId: string;
  readonly jwks: JwksLookup;
}

export function buildMesh(resources: Iterable<AnyResource>, options: MeshOptions): Mesh {
  const { meshConfig } = options;
  const settings: MeshSettings = {
    meshConfig,
    rootNamespace: meshConfig.rootNamespace,
    trustDomain: meshConfig.trustDomain,
    domainSuffix: options.domainSuffix,
    clusterId: options.clusterId,
  };
  const set = new ResourceSet(resources);
  const registry = buildRegistry(set, settings);
  const rules = new DestinationRules(set.of(kinds.destinationRule), settings);
  const findings: Finding[] = [...set.findings];
  const edge = resolveGateway(set, registry, rules, settings, options, findings);
  return { settings, resources: set, registry, edge, findings };
}

function buildRegistry(set: ResourceSet, settings: MeshSettings): ServiceRegistry {
  return new ServiceRegistry(
    [
      ...kubernetesServices(
        set.of(kinds.service),
        { endpoints: set.of(kinds.endpoints), slices: set.of(kinds.endpointSlice) },
        settings,
      ),
      ...serviceEntries(set.of(kinds.serviceEntry), set.of(kinds.workloadEntry), settings),
    ],
    workloads(set.of(kinds.pod), [
      ...set.of(kinds.deployment),
      ...set.of(kinds.statefulSet),
      ...set.of(kinds.daemonSet),
      ...set.of(kinds.replicaSet).filter(({ metadata }) => (metadata.ownerReferences ?? []).length === 0),
    ]),
  );
}

function resolveGateway(
  set: ResourceSet,
  registry: ServiceRegistry,
  rules: DestinationRules,
  settings: MeshSettings,
  { workload, jwks }: MeshOptions,
  findings: Finding[],
): ResolvedGateway {
  const clusters = new ClusterResolver(registry, rules, settings, workload.namespace);
  const attachment = attachGateways(set.of(kinds.istioGateway), workload);
  const scope = scopeOf(workload);
  const delegation = resolveDelegates(set.of(kinds.virtualService), settings);
  findings.push(...attachment.findings, ...delegation.findings);
  const routes = resolveGatewayRoutes(attachment.listeners, delegation.roots, {
    settings,
    clusters,
    policies: scope,
    labels: workload.labels,
    namespace: workload.namespace,
  });
  const providers: Readonly<Record<string, ExternalAuthorizerConfig>> = externalAuthorizers(settings, clusters);
  const policies: PolicyScope = {
    jwt: resolveRequestAuthentication(
      policiesFor(set.of(kinds.requestAuthentication), workload, settings.rootNamespace),
      jwks,
    ),
    authorization: resolveAuthorization(
      policiesFor(set.of(kinds.authorizationPolicy), workload, settings.rootNamespace),
      settings,
      providers,
    ),
  };
  return {
    workload,
    config: {
      listeners: routes.listeners,
      settings: {
        pathNormalization: pathNormalization(settings.meshConfig),
        trustDomain: settings.trustDomain,
        numTrustedProxies: settings.meshConfig.defaultConfig?.gatewayTopology?.numTrustedProxies ?? 0,
        serverHeader: 'istio-envoy',
        identity: `spiffe://${settings.trustDomain}/ns/${workload.namespace}/sa/${workload.serviceAccount}`,
      },
      policies: { [scope]: policies },
    },
    domains: routes.domains,
    clusters: clusters.clusters,
  };
}

/** What a gateway workload's policies are filed under. */
function scopeOf({ namespace, labels }: GatewayWorkload): string {
  return `${namespace}/${labels.app ?? labels.istio ?? 'gateway'}`;
}

function pathNormalization({
  pathNormalization: mode,
}: MeshConfig): ResolvedGateway['config']['settings']['pathNormalization'] {
  const normalization = mode?.normalization ?? 'DEFAULT';
  return normalization === 'DEFAULT' ? 'BASE' : normalization;
}
