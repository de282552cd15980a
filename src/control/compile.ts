import type { JwksConfig } from '../engine/policy-config.ts';
import { meshOf } from '../mesh/build.ts';
import type { GatewayWorkload, JwksLookup, Mesh } from '../mesh/model.ts';
import type { RemoteCluster } from '../mesh/multicluster/model.ts';
import { Remembered } from '../mesh/remember.ts';
import type { ResourceSet } from '../mesh/resource-set.ts';
import { ResourceSets } from '../mesh/resource-sets.ts';
import type { Finding } from '../resources/finding.ts';
import { finding, messages } from '../resources/finding-messages.ts';
import { type AnyResource, type ConfigMap, kinds } from '../resources/kinds.ts';
import { DEFAULT_MESH_CONFIG, type MeshConfig, parseMeshConfig } from '../resources/mesh-config.ts';
import type { Origin } from '../resources/origin.ts';

export interface CompileOptions {
  /** The file given as --meshConfigFile, already read; else the ConfigMap `istio` of the root namespace counts. */
  readonly meshConfigFile?: { readonly file: string; readonly text: string } | undefined;
  readonly workload?: Partial<GatewayWorkload> | undefined;
  readonly clusterId?: string | undefined;
  readonly remotes?: readonly RemoteCluster[] | undefined;
  /** False where stand-ins play the outside world too. */
  readonly directOrigins?: boolean | undefined;
  readonly gatewayClasses?: readonly string[] | undefined;
  /** Keys that were fetched; without it every remote key set is unavailable, with a reason. */
  readonly jwks?: JwksLookup | undefined;
}

/** The gateway that the edge stands for unless told otherwise: Istio's own ingress gateway. */
export const DEFAULT_GATEWAY_WORKLOAD: GatewayWorkload = {
  namespace: 'istio-system',
  labels: { istio: 'ingressgateway', app: 'istio-ingressgateway' },
  serviceAccount: 'istio-ingressgateway-service-account',
};

export const DEFAULT_GATEWAY_CLASSES: readonly string[] = ['foresail', 'istio'];

/** Istio's name of a cluster that nobody has named. */
export const DEFAULT_CLUSTER_ID = 'Kubernetes';

const ROOT_NAMESPACE = 'istio-system';

/** Resources → Mesh, with the mesh configuration found where Istio keeps it. */
export function compileMesh(
  resources: readonly AnyResource[],
  options: CompileOptions = {},
  sets: ResourceSets = new ResourceSets(),
): { readonly mesh: Mesh; readonly findings: readonly Finding[] } {
  const set = sets.next(resources);
  const { meshConfig, findings } = findMeshConfig(set, options);
  const { workload = DEFAULT_GATEWAY_WORKLOAD } = options;
  const mesh = meshOf(set, {
    meshConfig,
    workload: workloads.get(workload, [], () => ({ ...DEFAULT_GATEWAY_WORKLOAD, ...workload })),
    gatewayClasses: options.gatewayClasses ?? DEFAULT_GATEWAY_CLASSES,
    domainSuffix: 'cluster.local',
    clusterId: options.clusterId ?? DEFAULT_CLUSTER_ID,
    remotes: options.remotes,
    directOrigins: options.directOrigins ?? true,
    jwks: options.jwks ?? notFetched,
  });
  return { mesh, findings: [...findings, ...mesh.findings] };
}

interface FoundMeshConfig {
  readonly meshConfig: MeshConfig;
  readonly findings: readonly Finding[];
}

const workloads = new Remembered<Partial<GatewayWorkload>, GatewayWorkload>();
const meshConfigs = new Remembered<object, FoundMeshConfig>();

function findMeshConfig(set: ResourceSet, { meshConfigFile }: CompileOptions): FoundMeshConfig {
  if (meshConfigFile !== undefined) {
    return meshConfigs.get(meshConfigFile, [], () => {
      const { file, text } = meshConfigFile;
      return withEdgeFindings(parseMeshConfig(text, { file }), { kind: 'MeshConfig', namespace: '', name: file, file });
    });
  }
  const configMap = set
    .of(kinds.configMap)
    .find(({ metadata }) => metadata.name === 'istio' && metadata.namespace === ROOT_NAMESPACE);
  const text = configMap?.data?.mesh;
  if (configMap === undefined || text === undefined) return { meshConfig: DEFAULT_MESH_CONFIG, findings: [] };
  return meshConfigs.get(configMap, [], () => readConfigMap(configMap, text));
}

function readConfigMap(configMap: ConfigMap, text: string): FoundMeshConfig {
  const path = ['data', 'mesh'];
  const origin = configMap.originOf(path);
  const { file, line } = origin;
  const parsed = parseMeshConfig(text, {
    origin: configMap.originOf(),
    basePath: path,
    ...(file === undefined ? {} : { file }),
    // The text of a block scalar begins on the line after its key.
    lineOffset: line ?? 0,
  });
  return withEdgeFindings(parsed, origin);
}

function withEdgeFindings({ meshConfig, findings }: FoundMeshConfig, origin: Origin): FoundMeshConfig {
  if (meshConfig.pathNormalization?.normalization !== 'NONE') return { meshConfig, findings };
  const told = finding(messages.NotExecutableAtEdge, origin, {
    what: 'Path normalization NONE',
    why: 'the platform has resolved dot segments and backslashes before a worker sees the path',
    where: 'in the classic Envoy gateway',
  });
  return { meshConfig, findings: [...findings, told] };
}

function notFetched({
  issuer,
  jwksUri,
}: {
  readonly issuer: string;
  readonly jwksUri: string | undefined;
}): JwksConfig {
  const where = jwksUri ?? `the discovery document of issuer ${issuer}`;
  return {
    unavailable: `the keys at ${where} have not been fetched`,
    ...(jwksUri === undefined ? {} : { uri: jwksUri }),
  };
}
