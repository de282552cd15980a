import type { ClusterConfig } from '../engine/config.ts';
import type { TrafficPolicy } from '../resources/istio/traffic-policy.ts';
import type { DestinationRule } from '../resources/kinds.ts';
import { configOrigin } from './config-origin.ts';
import type { DestinationRuleLookup } from './destination-rule-lookup.ts';
import { enforcedPolicies, type PolicyResolver } from './enforcement.ts';
import { namesCovering, resolveHost } from './host-names.ts';
import { labelsMatch } from './labels.ts';
import type { MeshSettings } from './model.ts';
import type { MeshService, ServiceRegistry } from './registry.ts';
import { isSameList, Remembered } from './remember.ts';
import { destinationLabels } from './telemetry/workload-labels.ts';
import { resolveUpstream } from './upstream.ts';
import { isVisibleIn, type Visibility, visibilityOf } from './visibility.ts';

/** A subset as a DestinationRule defines it, with the rule it comes from. */
export interface ResolvedSubset {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly trafficPolicy: TrafficPolicy | undefined;
  readonly rule: DestinationRule;
}

/**
 * DestinationRules by the namespace that they stand in. Look-up (ISTIO.md 1.5): the client's namespace, then the
 * service's, then the root namespace; the first that has a match wins, in it the most specific host. The root
 * namespace's own clients, which gateways often are, see its public rules last too: those are meant as defaults for
 * the mesh. Two rules for one host in one namespace: their subsets are joined, the oldest one's traffic policy counts.
 */
export class DestinationRules implements DestinationRuleLookup {
  readonly #byNamespace = new Map<string, Map<string, DestinationRule[]>>();
  readonly #settings: MeshSettings;

  /** `rules`: oldest first. */
  constructor(rules: readonly DestinationRule[], settings: MeshSettings) {
    this.#settings = settings;
    for (const rule of rules) {
      const { namespace } = rule.metadata;
      let byHost = this.#byNamespace.get(namespace);
      if (byHost === undefined) {
        byHost = new Map();
        this.#byNamespace.set(namespace, byHost);
      }
      const host = resolveHost(rule.spec.host, namespace, settings.domainSuffix);
      const list = byHost.get(host);
      if (list === undefined) byHost.set(host, [rule]);
      else list.push(rule);
    }
  }

  find(
    host: string,
    serviceNamespace: string | undefined,
    clientNamespace: string,
    clientLabels?: Readonly<Record<string, string>>,
  ): readonly DestinationRule[] {
    if (clientLabels !== undefined) {
      const chosen = this.#findIn(
        clientNamespace,
        host,
        ({ spec }) =>
          spec.workloadSelector !== undefined && labelsMatch(spec.workloadSelector.matchLabels, clientLabels),
      );
      if (chosen !== undefined) return chosen;
    }
    const forAll = (rule: DestinationRule): boolean =>
      clientLabels === undefined || rule.spec.workloadSelector === undefined;
    const { rootNamespace } = this.#settings;
    const isRootClient = clientNamespace === rootNamespace;
    const own = isRootClient
      ? this.#findIn(rootNamespace, host, (rule) => forAll(rule) && this.#isPrivate(rule))
      : undefined;
    if (own !== undefined) return own;
    const isVisible = (rule: DestinationRule): boolean => forAll(rule) && this.#isVisible(rule, clientNamespace);
    const namespaces = [...(isRootClient ? [] : [clientNamespace]), serviceNamespace ?? '', rootNamespace];
    for (const namespace of new Set(namespaces)) {
      const found = this.#findIn(namespace, host, isVisible);
      if (found !== undefined) return found;
    }
    return [];
  }

  #findIn(
    namespace: string,
    host: string,
    isCandidate: (rule: DestinationRule) => boolean,
  ): readonly DestinationRule[] | undefined {
    const byHost = this.#byNamespace.get(namespace);
    if (byHost === undefined) return undefined;
    for (const name of namesCovering(host)) {
      const found = byHost.get(name)?.filter(isCandidate);
      if (found !== undefined && found.length > 0) return found;
    }
    return undefined;
  }

  /** A rule for chosen workloads is for those of its own namespace only. */
  #visibilityOf({ metadata, spec }: DestinationRule): Visibility {
    const exportTo = spec.workloadSelector === undefined ? spec.exportTo : ['.'];
    return visibilityOf(exportTo, metadata.namespace, this.#settings.meshConfig.defaultDestinationRuleExportTo);
  }

  #isPrivate(rule: DestinationRule): boolean {
    const visibility = this.#visibilityOf(rule);
    return (
      visibility.kind === 'namespaces' && visibility.names.size === 1 && visibility.names.has(rule.metadata.namespace)
    );
  }

  #isVisible(rule: DestinationRule, clientNamespace: string): boolean {
    return rule.metadata.namespace === clientNamespace || isVisibleIn(this.#visibilityOf(rule), clientNamespace);
  }
}

/** The first definition of a subset counts; a later one of the same name is dropped. */
export function subsetsOf(rules: readonly DestinationRule[]): ReadonlyMap<string, ResolvedSubset> {
  const subsets = new Map<string, ResolvedSubset>();
  for (const rule of rules) {
    for (const { name, labels, trafficPolicy } of rule.spec.subsets ?? []) {
      if (!subsets.has(name)) subsets.set(name, { name, labels: labels ?? {}, trafficPolicy, rule });
    }
  }
  return subsets;
}

export interface DestinationReference {
  readonly host: string;
  readonly subset?: string | undefined;
  readonly port?: { readonly number?: number | undefined } | undefined;
}

/** Envoy cluster name, as Istio builds it. */
export function clusterName(port: number, subset: string, host: string): string {
  return `outbound|${port}|${subset}|${host}`;
}

/** A destination with nothing left open. */
export interface ClusterReference {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly subset: string | undefined;
}

interface KnownCluster {
  readonly inputs: readonly unknown[];
  readonly config: ClusterConfig;
}

/** By the ports of a service, which are one object for each version of its resource, then by name. */
const rememberedClusters = new Remembered<MeshService['ports'], Map<string, KnownCluster>>();

const rememberedResolutions = new Remembered<ServiceRegistry, Map<string, ClusterConfig>>();

/** Turns destinations into clusters, as clients in one namespace see them, and collects the clusters. */
export class ClusterResolver {
  readonly clusters = new Map<string, ClusterConfig>();
  readonly #registry: ServiceRegistry;
  readonly #rules: DestinationRuleLookup;
  readonly #settings: MeshSettings;
  readonly #clientNamespace: string;
  readonly #policiesOf: PolicyResolver;
  readonly #references = new Map<string, ClusterReference>();
  /** What these inputs have come to before, for whoever has them too. */
  readonly #resolved: Map<string, ClusterConfig>;
  #onUse: ((name: string) => void) | undefined;

  constructor(
    registry: ServiceRegistry,
    rules: DestinationRuleLookup,
    settings: MeshSettings,
    clientNamespace: string,
    policiesOf: PolicyResolver,
  ) {
    this.#registry = registry;
    this.#rules = rules;
    this.#settings = settings;
    this.#clientNamespace = clientNamespace;
    this.#policiesOf = policiesOf;
    this.#resolved = rememberedResolutions.get(
      registry,
      [rules, settings, clientNamespace, policiesOf],
      () => new Map(),
    );
  }

  /** The same object as long as the same destinations resolve to the same names. */
  get shape(): object {
    return this.#registry.shape;
  }

  /** Port: the one named, else the service's only one, else the listener's. */
  resolve(destination: DestinationReference, namespace: string, listenerPort: number): string {
    const host = resolveHost(destination.host, namespace, this.#settings.domainSuffix);
    const service = this.#registry.find(host, this.#clientNamespace);
    const only = service?.ports.length === 1 ? service.ports[0]?.number : undefined;
    const port = destination.port?.number ?? only ?? listenerPort;
    const name = clusterName(port, destination.subset ?? '', host);
    if (!this.clusters.has(name)) this.#add({ name, host, port, subset: destination.subset }, service);
    this.#onUse?.(name);
    return name;
  }

  /** Runs what resolves destinations; also the clusters that it has used, in order. */
  observing<T>(work: () => T): { readonly value: T; readonly used: readonly ClusterReference[] } {
    const names = new Set<string>();
    const outer = this.#onUse;
    this.#onUse = (name) => {
      names.add(name);
      outer?.(name);
    };
    const value = work();
    this.#onUse = outer;
    const used = [...names].flatMap((name) => this.#references.get(name) ?? []);
    return { value, used };
  }

  /** As if these had been resolved again. */
  use(references: readonly ClusterReference[]): void {
    for (const reference of references) {
      const { name, host } = reference;
      if (!this.clusters.has(name)) {
        const known = this.#resolved.get(name);
        if (known === undefined) this.#add(reference, this.#registry.find(host, this.#clientNamespace));
        else this.#take(reference, known);
      }
      this.#onUse?.(reference.name);
    }
  }

  #add(reference: ClusterReference, service: MeshService | undefined): void {
    const { name, host, port, subset } = reference;
    if (service === undefined) {
      this.#take(reference, this.#cluster(name, host, port, subset, service));
      return;
    }
    const rules = this.#rules.find(service.host, service.namespace, this.#clientNamespace);
    const workloads = this.#registry.workloadsOf(service);
    const inputs = [service, workloads, this.#policiesOf, this.#settings, this.#clientNamespace, subset, ...rules];
    const byName = rememberedClusters.get(service.ports, [], () => new Map());
    const before = byName.get(name);
    const isSame = before !== undefined && isSameList(before.inputs, inputs);
    const config = isSame ? before.config : this.#cluster(name, host, port, subset, service);
    if (!isSame) byName.set(name, { inputs, config });
    this.#take(reference, config);
  }

  #take(reference: ClusterReference, config: ClusterConfig): void {
    this.#references.set(reference.name, reference);
    this.#resolved.set(reference.name, config);
    this.clusters.set(reference.name, config);
  }

  #cluster(
    name: string,
    host: string,
    port: number,
    subset: string | undefined,
    service: MeshService | undefined,
  ): ClusterConfig {
    const missing = { name, host, port, state: 'missing', upstream: { kind: 'link', clusters: [] } } as const;
    if (service === undefined || !service.ports.some((candidate) => candidate.number === port)) return missing;
    const origin = configOrigin({ originOf: () => service.origin });
    const rules = this.#rules.find(service.host, service.namespace, this.#clientNamespace);
    const labels = subset === undefined || subset === '' ? {} : subsetsOf(rules).get(subset)?.labels;
    if (labels === undefined) return { ...missing, origin };
    const clusters = this.#clustersWith(service, labels);
    const enforced = enforcedPolicies(service, port, labels, this.#registry, this.#policiesOf);
    return {
      name,
      host,
      port,
      state: clusters.length > 0 ? 'ready' : 'empty',
      upstream: resolveUpstream(service, port, rules, { ...this.#settings, clusters }),
      origin,
      labels: destinationLabels(service, labels, this.#registry, this.#settings),
      ...(enforced === undefined ? {} : { enforced }),
    };
  }

  /** Clusters that have endpoints, the mesh's own first. */
  #clustersWith(service: MeshService, labels: Readonly<Record<string, string>>): string[] {
    const { clusterId: own } = this.#settings;
    const remotes = new Set<string>();
    for (const { clusterId, ready, labels: actual } of service.endpoints) {
      if (clusterId !== '' && ready && labelsMatch(labels, actual)) remotes.add(clusterId);
    }
    const hasOwn = this.#hasEndpoints(service, labels, remotes.size > 0);
    return [...(hasOwn ? [own] : []), ...remotes];
  }

  /** Only a certain no is a no: a service of which nothing is known may well have endpoints. */
  #hasEndpoints(service: MeshService, labels: Readonly<Record<string, string>>, hasOthers: boolean): boolean {
    if (!hasOthers && (service.resolution === 'NONE' || service.resolution === 'PASSTHROUGH')) return true;
    const own = service.endpoints.filter(({ clusterId }) => clusterId === '');
    if (own.some((endpoint) => endpoint.ready && labelsMatch(labels, endpoint.labels))) return true;
    const workloads = this.#registry.workloadsOf(service);
    if (workloads.some((workload) => labelsMatch(labels, workload.labels))) return true;
    return !hasOthers && !service.endpointsKnown && workloads.length === 0;
  }
}
