import { DestinationRules, subsetsOf } from '../../mesh/destinations.ts';
import { resolveHost } from '../../mesh/host-names.ts';
import { labelsMatch } from '../../mesh/labels.ts';
import { byAge } from '../../mesh/resource-set.ts';
import { type AnyResource, kinds, resourcesOf, type Service } from '../../resources/kinds.ts';
import { DEFAULT_MESH_CONFIG } from '../../resources/mesh-config.ts';
import { parseObject } from '../../resources/parse-object.ts';
import { type Reference, referencesOf } from './references.ts';

export interface StandInOptions {
  /** Also for destinations and subsets that nothing declares. */
  readonly echoMissing: boolean;
}

export interface WithStandIns {
  /** All that was given, and what was added. */
  readonly resources: readonly AnyResource[];
  readonly added: readonly AnyResource[];
}

const DOMAIN_SUFFIX = 'cluster.local';
const CLIENT_NAMESPACE = 'istio-system';
const DEFAULT_PORT = 80;

/**
 * Declares what routes ask for and nothing declares: Services, subsets, pods. The mesh is then simply true, and a
 * stand-in answers for all of it. Without `echoMissing` nothing is added: Services without pods are stood in for by
 * the hub, a destination that does not exist is answered as Istio does.
 */
export function addStandIns(resources: readonly AnyResource[], { echoMissing }: StandInOptions): WithStandIns {
  if (!echoMissing) return { resources, added: [] };
  const references = referencesOf(resources).map((reference) => ({
    ...reference,
    host: resolveHost(reference.host, reference.namespace, DOMAIN_SUFFIX),
  }));
  const services = missingServices(resources, references);
  const withServices = [...resources, ...services];
  const subsets = missingSubsets(withServices, references);
  const withSubsets = [...withServices, ...subsets];
  const added = [...services, ...subsets, ...missingPods(withSubsets, references)];
  return { resources: [...resources, ...added], added };
}

function missingServices(resources: readonly AnyResource[], references: readonly Reference[]): AnyResource[] {
  const known = new Set([
    ...resourcesOf(resources, kinds.service).map(hostOf),
    ...resourcesOf(resources, kinds.serviceEntry).flatMap(({ spec }) => spec.hosts.map((host) => host.toLowerCase())),
  ]);
  const wildcards = [...known].filter((host) => host.startsWith('*')).map((host) => host.slice(1));
  const missing = new Map<string, Set<number>>();
  for (const { host, port } of references) {
    if (host === '' || host === '*' || known.has(host) || wildcards.some((suffix) => host.endsWith(suffix))) continue;
    const ports = missing.get(host) ?? new Set();
    if (port !== undefined) ports.add(port);
    missing.set(host, ports);
  }
  return [...missing].flatMap(([host, ports]) => serviceFor(host, ports.size === 0 ? [DEFAULT_PORT] : [...ports]));
}

function serviceFor(host: string, ports: readonly number[]): AnyResource[] {
  const inCluster = /^([^.]+)\.([^.]+)\.svc\.cluster\.local$/.exec(host);
  if (inCluster === null) {
    return made({
      apiVersion: 'networking.istio.io/v1',
      kind: 'ServiceEntry',
      metadata: { name: `stand-in-${host}`, namespace: CLIENT_NAMESPACE },
      spec: {
        hosts: [host],
        ports: ports.map((number) => ({ number, name: `http-${number}`, protocol: 'HTTP' })),
        resolution: 'NONE',
      },
    });
  }
  const [, name = '', namespace = ''] = inCluster;
  return made({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector: { app: name }, ports: ports.map((port) => ({ port, name: `http-${port}` })) },
  });
}

function missingSubsets(resources: readonly AnyResource[], references: readonly Reference[]): AnyResource[] {
  const rules = destinationRules(resources);
  const missing = new Map<string, { host: string; namespace: string; subsets: Set<string> }>();
  for (const { host, subset, namespace } of references) {
    if (subset === undefined) continue;
    const serviceNamespace = host.split('.')[1] ?? namespace;
    const governing = rules.find(host, serviceNamespace, CLIENT_NAMESPACE);
    if (subsetsOf(governing).has(subset)) continue;
    // Beside the rule that governs the host already, so that the two are joined and neither hides the other.
    const beside = governing[0];
    const place = beside === undefined ? { host, namespace: serviceNamespace } : placeOf(beside);
    const key = `${place.namespace}/${place.host}`;
    const entry = missing.get(key) ?? { ...place, subsets: new Set<string>() };
    entry.subsets.add(subset);
    missing.set(key, entry);
  }
  return [...missing.values()].flatMap(({ host, namespace, subsets }) =>
    made({
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      metadata: { name: `stand-in-${host.replace('*', 'wildcard')}`, namespace },
      spec: { host, subsets: [...subsets].map((name) => ({ name, labels: { version: name } })) },
    }),
  );
}

/** Pods for subsets of Services that have pods, none of which fits. A Service without any is the hub's to stand in for. */
function missingPods(resources: readonly AnyResource[], references: readonly Reference[]): AnyResource[] {
  const rules = destinationRules(resources);
  const services = new Map(resourcesOf(resources, kinds.service).map((service) => [hostOf(service), service]));
  const pods = podLabels(resources);
  const added = new Map<string, AnyResource[]>();
  for (const { host, subset } of references) {
    const service = services.get(host);
    const selector = service?.spec.selector;
    if (subset === undefined || service === undefined || selector === undefined) continue;
    const { name, namespace } = service.metadata;
    const wanted = subsetsOf(rules.find(host, namespace, CLIENT_NAMESPACE)).get(subset)?.labels;
    const own = pods.filter((pod) => pod.namespace === namespace && labelsMatch(selector, pod.labels));
    if (wanted === undefined || own.length === 0 || own.some((pod) => labelsMatch(wanted, pod.labels))) continue;
    const podName = `${name}-${subset}`;
    added.set(
      `${namespace}/${podName}`,
      made({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: podName, namespace, labels: { ...selector, ...wanted } },
        spec: { containers: [{ name: 'stand-in' }] },
      }),
    );
  }
  return [...added.values()].flat();
}

function podLabels(
  resources: readonly AnyResource[],
): { namespace: string; labels: Readonly<Record<string, string>> }[] {
  const owners = [kinds.deployment, kinds.statefulSet, kinds.daemonSet, kinds.replicaSet].flatMap((kind) =>
    resourcesOf(resources, kind),
  );
  return [
    ...resourcesOf(resources, kinds.pod).map(({ metadata: { namespace, labels } }) => ({ namespace, labels })),
    ...owners.map(({ metadata, spec }) => ({
      namespace: metadata.namespace,
      labels: spec.template?.metadata?.labels ?? {},
    })),
  ];
}

function destinationRules(resources: readonly AnyResource[]): DestinationRules {
  return new DestinationRules(resourcesOf(resources, kinds.destinationRule).sort(byAge), {
    meshConfig: DEFAULT_MESH_CONFIG,
    rootNamespace: DEFAULT_MESH_CONFIG.rootNamespace,
    domainSuffix: DOMAIN_SUFFIX,
    trustDomain: DEFAULT_MESH_CONFIG.trustDomain,
    clusterId: '',
    directOrigins: false,
  });
}

function placeOf(rule: ReturnType<DestinationRules['find']>[number]): { host: string; namespace: string } {
  const { namespace } = rule.metadata;
  return { host: resolveHost(rule.spec.host, namespace, DOMAIN_SUFFIX), namespace };
}

function hostOf({ metadata: { name, namespace } }: Service): string {
  return `${name}.${namespace}.svc.${DOMAIN_SUFFIX}`;
}

function made(object: object): AnyResource[] {
  return parseObject(object).resources;
}
