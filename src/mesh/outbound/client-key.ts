import { kinds } from '../../resources/kinds.ts';
import type { Mesh } from '../model.ts';
import { sidecarOf } from '../sidecar-selection.ts';
import type { ProxyClient } from './model.ts';

const labelKeys = new WeakMap<Mesh, readonly string[]>();

/**
 * Equal for clients that no rule of this mesh tells apart: those of one namespace, under one Sidecar, in one place,
 * with the same values of the labels that any rule looks at.
 */
export function clientKey(mesh: Mesh, client: ProxyClient): string {
  let keys = labelKeys.get(mesh);
  if (keys === undefined) {
    keys = labelsThatMatter(mesh);
    labelKeys.set(mesh, keys);
  }
  const sidecar = sidecarOf(mesh.resources.of(kinds.sidecar), client, mesh.settings.rootNamespace);
  return JSON.stringify([
    client.namespace,
    sidecar === undefined ? '' : `${sidecar.metadata.namespace}/${sidecar.metadata.name}`,
    client.locality,
    client.network,
    client.interception === 'NONE',
    client.dnsCapture === true,
    keys.map((key) => client.labels[key] ?? null),
  ]);
}

function labelsThatMatter({ resources, settings }: Mesh): string[] {
  const keys = new Set<string>();
  const add = (labels: Readonly<Record<string, string>> | undefined): void => {
    for (const key of Object.keys(labels ?? {})) keys.add(key);
  };
  const addPriority = (priorities: readonly string[] | undefined): void => {
    for (const entry of priorities ?? []) keys.add(entry.split('=')[0] ?? '');
  };
  for (const { spec } of resources.of(kinds.virtualService)) {
    for (const { match } of [...(spec.http ?? []), ...(spec.tls ?? []), ...(spec.tcp ?? [])]) {
      for (const { sourceLabels } of match ?? []) add(sourceLabels);
    }
  }
  for (const { spec } of resources.of(kinds.destinationRule)) {
    add(spec.workloadSelector?.matchLabels);
    const policies = [spec.trafficPolicy, ...(spec.subsets ?? []).map(({ trafficPolicy }) => trafficPolicy)];
    for (const policy of policies) {
      addPriority(policy?.loadBalancer?.localityLbSetting?.failoverPriority);
      for (const port of policy?.portLevelSettings ?? []) {
        addPriority(port.loadBalancer?.localityLbSetting?.failoverPriority);
      }
    }
  }
  addPriority(settings.meshConfig.localityLbSetting.failoverPriority);
  return [...keys].sort();
}
