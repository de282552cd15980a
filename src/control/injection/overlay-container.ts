import type { V1Container } from '@kubernetes/client-node';

/** The image of a proxy container that a user wrote down to leave the rest to the injector. */
export const AUTO_IMAGE = 'auto';

/** The injector's proxy container under what the user's own one of that name says: the user's word goes before. */
export function overlayContainer(template: V1Container, users: V1Container | undefined): V1Container {
  if (users === undefined) return template;
  const { image, env, ports, volumeMounts, resources, securityContext, ...rest } = users;
  const isImageGiven = image !== undefined && image !== '' && image !== AUTO_IMAGE;
  return {
    ...template,
    ...rest,
    ...(isImageGiven && { image }),
    env: overlayBy('name', template.env, env),
    ports: overlayBy('containerPort', template.ports, ports),
    volumeMounts: overlayBy('mountPath', template.volumeMounts, volumeMounts),
    resources: { ...template.resources, ...resources },
    securityContext: { ...template.securityContext, ...securityContext },
  };
}

/** The lists as one: where both have an entry of one key, the second's stands in the first's place. */
export function overlayBy<K extends string, T extends { readonly [key in K]?: unknown }>(
  key: K,
  first: readonly T[] = [],
  second: readonly T[] = [],
): T[] {
  const overlay = new Map(second.map((entry) => [entry[key], entry]));
  const known = new Set(first.map((entry) => entry[key]));
  return [
    ...first.map((entry) => overlay.get(entry[key]) ?? entry),
    ...second.filter((entry) => !known.has(entry[key])),
  ];
}
