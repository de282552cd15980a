import { KubeConfig } from '@kubernetes/client-node';
import { compileMesh } from '../../src/control/compile.ts';
import { KubeClient } from '../../src/control/kubernetes/kube-client.ts';
import {
  KubernetesSource,
  type KubernetesSourceOptions,
} from '../../src/control/sources/kubernetes/kubernetes-source.ts';
import type { SourceState } from '../../src/control/sources/source.ts';
import type { Mesh } from '../../src/mesh/model.ts';
import type { ApiServer } from '../support/api-server/server.ts';

export function clientOf(server: ApiServer): KubeClient {
  const config = new KubeConfig();
  config.loadFromString(server.kubeconfig());
  return new KubeClient(config);
}

const IMPATIENT = { retry: { firstDelayMs: 5, maxDelayMs: 50 }, watchListSilenceMs: 50 };

export const READING = { reading: IMPATIENT, debounce: { quietMs: 2, maxMs: 50 } };

/** Tests have no minutes to wait. */
export function sourceOf(
  server: ApiServer,
  { reading, ...options }: Partial<KubernetesSourceOptions> = {},
): KubernetesSource {
  return new KubernetesSource({
    client: clientOf(server),
    ...READING,
    reading: { ...IMPATIENT, ...reading },
    ...options,
  });
}

/** All that a mesh is, as a value that can be compared. */
export function meshValue({ edge, registry, apiStatus, findings }: Mesh): unknown {
  const byName = <T>(map: ReadonlyMap<string, T>) => Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.parse(
    JSON.stringify({
      config: edge.config,
      domains: byName(edge.domains),
      clusters: byName(edge.clusters),
      services: registry.services,
      workloads: registry.workloads,
      apiStatus,
      findings: findings.map((finding) => JSON.stringify(finding)).sort(),
    }),
  );
}

export function compiled({ resources }: SourceState): unknown {
  return meshValue(compileMesh(resources).mesh);
}

export async function until(what: string, isTrue: () => boolean | Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  while (!(await isTrue())) {
    if (Date.now() > deadlineMs) throw new Error(`it did not come to be: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
