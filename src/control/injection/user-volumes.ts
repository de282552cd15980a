import type { V1Volume, V1VolumeMount } from '@kubernetes/client-node';
import { asFields } from '../../resources/metadata.ts';

const VOLUME = 'sidecar.istio.io/userVolume';
const MOUNT = 'sidecar.istio.io/userVolumeMount';

/** What the pod's annotations add to the proxy's files; text: why they cannot be read. */
export function userVolumes(
  annotations: Readonly<Record<string, string>>,
): { volumes: readonly V1Volume[]; mounts: readonly V1VolumeMount[] } | string {
  const volumes = entries(annotations[VOLUME]);
  const mounts = entries(annotations[MOUNT]);
  if (volumes === undefined || !volumes.every(isVolume)) return `the annotation ${VOLUME} is no JSON list of volumes`;
  if (mounts === undefined || !mounts.every(isMount)) return `the annotation ${MOUNT} is no JSON list of mounts`;
  return { volumes, mounts };
}

/** Both forms are in use: a list, and a mapping from names. */
function entries(text: string | undefined): readonly unknown[] | undefined {
  if (text === undefined || text === '') return [];
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value;
    const fields = asFields(value);
    return fields && Object.entries(fields).map(([name, rest]) => ({ name, ...asFields(rest) }));
  } catch {
    return undefined;
  }
}

function isVolume(value: unknown): value is V1Volume {
  return typeof asFields(value)?.name === 'string';
}

function isMount(value: unknown): value is V1VolumeMount {
  return isVolume(value) && typeof asFields(value)?.mountPath === 'string';
}
