import { injectPod } from '../injection/inject-pod.ts';
import { isPod } from '../injection/is-pod.ts';
import { jsonPatch } from '../injection/json-patch.ts';
import type { InjectionSettings } from '../injection/settings.ts';
import { type AdmissionRequest, type AdmissionResponse, clipWarnings, refusal } from './review.ts';

/** What the mutating webhook answers for a pod. `parameters`: of the webhook's path, `/inject/cluster/east/net/n1`. */
export function answerInject(
  request: AdmissionRequest,
  settings: InjectionSettings,
  parameters: ReadonlyMap<string, string> = new Map(),
): AdmissionResponse {
  const { object, namespace = 'default', kind } = request;
  // A rule that sends us more than pods is no reason to block what it sends.
  if (kind.kind !== 'Pod' || kind.group !== '') return { allowed: true };
  if (!isPod(object)) return refusal('the injector cannot read this pod');
  const outcome = injectPod(object, namespace, {
    ...settings,
    clusterId: parameters.get('cluster') ?? settings.clusterId,
    network: parameters.get('net') ?? settings.network,
  });
  switch (outcome.kind) {
    case 'skipped':
      return { allowed: true };
    case 'refused':
      return refusal(`no sidecar can be injected: ${outcome.why}`);
    case 'injected': {
      const operations = jsonPatch(object, outcome.pod);
      const warnings = clipWarnings(outcome.warnings);
      return {
        allowed: true,
        patchType: 'JSONPatch',
        patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
        ...(warnings.length > 0 && { warnings }),
      };
    }
  }
}

/** `/cluster/east/net/n1` → cluster, net. A part without a value is passed over. */
export function injectParameters(path: string): ReadonlyMap<string, string> {
  const parts = path.split('/').filter((part) => part !== '');
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) pairs.push([parts[at] ?? '', decoded(parts[at + 1] ?? '')]);
  return new Map(pairs);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
