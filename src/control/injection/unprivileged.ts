import type { V1SecurityContext } from '@kubernetes/client-node';

/** Istio's user of the proxy: whose traffic is not captured. */
const PROXY_UID = 1337;

/** What every container of ours runs as that needs nothing of the node. */
export const UNPRIVILEGED: V1SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  privileged: false,
  readOnlyRootFilesystem: true,
  runAsGroup: PROXY_UID,
  runAsNonRoot: true,
  runAsUser: PROXY_UID,
};
