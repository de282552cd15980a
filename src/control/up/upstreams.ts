import type { EndpointTable } from './endpoints.ts';

/** What stands behind one cluster of the mesh, for people and scripts. */
export interface UpstreamSummary {
  readonly cluster: string;
  readonly service: string;
  readonly namespace: string;
  readonly port: number;
  readonly pods: readonly string[];
  /** Real servers in place of stand-ins. */
  readonly urls: readonly string[];
}

export function summarize(endpoints: EndpointTable): UpstreamSummary[] {
  return [...endpoints].flatMap(([cluster, standIns]) => {
    const [first] = standIns;
    if (first === undefined) return [];
    const { service, namespace, port } = first;
    const urls = standIns.flatMap(({ upstream }) => upstream ?? []);
    return [{ cluster, service, namespace, port, pods: standIns.map(({ pod }) => pod), urls }];
  });
}
