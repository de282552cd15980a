import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asFields } from '../../src/resources/metadata.ts';
import type { ApiServer } from '../support/api-server/server.ts';

interface SecretKey {
  readonly name: string;
  readonly key: string;
  readonly optional?: boolean;
}
interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly fieldRef?: { readonly fieldPath: string }; readonly secretKeyRef?: SecretKey };
}
export interface PodTemplate {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly serviceAccountName: string;
    readonly containers: readonly [
      {
        readonly args: readonly string[];
        readonly env: readonly Variable[];
        readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
      },
    ];
    readonly volumes: readonly { readonly name: string; readonly configMap?: { readonly name: string } }[];
  };
}

/** The pod of a Deployment that is in the API server. */
export function templateOf(api: ApiServer, namespace: string, name: string): PodTemplate {
  const template = asFields(asFields(api.get('apps/v1', 'Deployment', namespace, name)?.spec)?.template);
  if (template === undefined) throw new Error(`there is no Deployment ${namespace}/${name}`);
  return template as unknown as PodTemplate;
}

/** Puts ConfigMaps where the pod has them mounted, below a folder. */
export function mountConfigMaps(api: ApiServer, namespace: string, { spec }: PodTemplate, root: string): void {
  for (const { name, mountPath } of spec.containers[0].volumeMounts) {
    const map = spec.volumes.find((volume) => volume.name === name)?.configMap?.name;
    if (map === undefined) continue;
    mkdirSync(join(root, mountPath), { recursive: true });
    const data = asFields(api.get('v1', 'ConfigMap', namespace, map)?.data) ?? {};
    for (const [file, text] of Object.entries(data)) writeFileSync(join(root, mountPath, file), String(text));
  }
}

/** The container's environment, as a kubelet makes it. Throws where a Secret is missing that must be there. */
export function environmentOf(
  api: ApiServer,
  namespace: string,
  { spec }: PodTemplate,
  fields: Readonly<Record<string, string>>,
): Record<string, string> {
  const result: Record<string, string> = {};
  for (const { name, value, valueFrom } of spec.containers[0].env) {
    const { fieldRef, secretKeyRef } = valueFrom ?? {};
    const found =
      value ?? (fieldRef === undefined ? secretValue(api, namespace, secretKeyRef) : fields[fieldRef.fieldPath]);
    if (found !== undefined) result[name] = found;
  }
  return result;
}

function secretValue(api: ApiServer, namespace: string, reference: SecretKey | undefined): string | undefined {
  if (reference === undefined) return undefined;
  const { name, key, optional } = reference;
  const encoded = asFields(api.get('v1', 'Secret', namespace, name)?.data)?.[key];
  if (typeof encoded === 'string') return Buffer.from(encoded, 'base64').toString();
  if (optional === true) return undefined;
  throw new Error(`the pod cannot start: Secret ${namespace}/${name} has no ${key}`);
}
