import { messages } from '../../resources/finding-messages.ts';
import { kinds } from '../../resources/kinds.ts';
import type { PodSpec } from '../../resources/kubernetes/pod-spec.ts';
import { onObject } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';
import { isControlPlane } from '../control-plane.ts';

const PROXY_UID = 1337;
const OF_ISTIO: ReadonlySet<string> = new Set(['istio-proxy', 'istio-operator']);

export const applicationUid: Analyzer = {
  name: 'applicationUID.Analyzer',
  description: 'Checks invalid application UID',
  analyze: ({ resources }) => [
    ...resources
      .of(kinds.pod)
      .filter((pod) => !isControlPlane(pod) && runsAsProxy(pod.spec))
      .map((pod) => onObject(messages.InvalidApplicationUID, pod, {})),
    ...resources
      .of(kinds.deployment)
      .filter((deployment) => !isControlPlane(deployment) && runsAsProxy(deployment.spec.template?.spec))
      .map((deployment) => onObject(messages.InvalidApplicationUID, deployment, {})),
  ],
};

function runsAsProxy(spec: PodSpec | undefined): boolean {
  if (spec === undefined) return false;
  if (spec.securityContext?.runAsUser === PROXY_UID) return true;
  return spec.containers.some(
    ({ name, securityContext }) => !OF_ISTIO.has(name) && securityContext?.runAsUser === PROXY_UID,
  );
}
