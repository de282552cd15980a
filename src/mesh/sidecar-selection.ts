import type { Sidecar } from '../resources/kinds.ts';
import { labelsMatch } from './labels.ts';

/**
 * The Sidecar that is for a workload (ISTIO.md 1.7): the oldest of its namespace whose selector fits, else the
 * namespace's own default, else the root namespace's.
 *
 * @param sidecars the oldest first
 */
export function sidecarOf(
  sidecars: readonly Sidecar[],
  workload: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> },
  rootNamespace: string,
): Sidecar | undefined {
  const own = sidecars.filter(({ metadata }) => metadata.namespace === workload.namespace);
  return (
    own.find((sidecar) => !isDefault(sidecar) && labelsMatch(sidecar.spec.workloadSelector?.labels, workload.labels)) ??
    own.find(isDefault) ??
    sidecars.find((sidecar) => sidecar.metadata.namespace === rootNamespace && isDefault(sidecar))
  );
}

function isDefault({ spec }: Sidecar): boolean {
  return Object.keys(spec.workloadSelector?.labels ?? {}).length === 0;
}
