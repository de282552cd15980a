/** One resource of the API, in the version in which it is asked for. */
export interface ResourceId {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

/** `/apis/<group>/<version>[/namespaces/<namespace>]/<plural>[/<name>[/<subresource>]]` */
export function resourcePath(
  { group, version, plural }: ResourceId,
  object: {
    readonly namespace?: string | undefined;
    readonly name?: string | undefined;
    readonly subresource?: string;
  } = {},
): string {
  const { namespace, name, subresource } = object;
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const within = namespace === undefined || namespace === '' ? '' : `/namespaces/${namespace}`;
  const which = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${root}${within}/${plural}${which}${subresource === undefined ? '' : `/${subresource}`}`;
}

export const RESOURCES = {
  secrets: { group: '', version: 'v1', plural: 'secrets' },
  configMaps: { group: '', version: 'v1', plural: 'configmaps' },
  events: { group: 'events.k8s.io', version: 'v1', plural: 'events' },
  leases: { group: 'coordination.k8s.io', version: 'v1', plural: 'leases' },
  tokenReviews: { group: 'authentication.k8s.io', version: 'v1', plural: 'tokenreviews' },
} as const satisfies Record<string, ResourceId>;
