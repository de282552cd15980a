import { dirname } from 'node:path';
import { type AnyResource, kinds, resourcesOf } from '../../resources/kinds.ts';

/** On a pod template or a Pod: a program that plays the pod, run in the folder of the YAML file. */
export const RUN_ANNOTATION = 'foresail.dev/run';

export interface AppSpec {
  /** `<namespace>/<name>` of the Deployment, StatefulSet … or Pod. */
  readonly key: string;
  readonly command: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Programs that the resources ask for. Only what comes from a file has a folder to run in. */
export function appSpecs(resources: readonly AnyResource[]): AppSpec[] {
  const owners = [kinds.deployment, kinds.statefulSet, kinds.daemonSet].flatMap((kind) =>
    resourcesOf(resources, kind).map((owner) => ({ owner, template: owner.spec.template })),
  );
  const pods = resourcesOf(resources, kinds.pod).map((owner) => ({
    owner,
    template: { metadata: { annotations: owner.metadata.annotations }, spec: owner.spec },
  }));
  return [...owners, ...pods].flatMap(({ owner, template }): AppSpec[] => {
    const command = template?.metadata?.annotations?.[RUN_ANNOTATION];
    const { file } = owner.originOf();
    if (command === undefined || file === undefined) return [];
    const env = template?.spec?.containers[0]?.env ?? [];
    return [
      {
        key: `${owner.metadata.namespace}/${owner.metadata.name}`,
        command,
        folder: dirname(file),
        env: Object.fromEntries(env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]]))),
      },
    ];
  });
}
