import type { V1Volume, V1VolumeMount } from '@kubernetes/client-node';

/** Where the agent finds things, and keeps its own: the socket of SDS and the bootstrap. */
export const AGENT_FOLDER = '/etc/istio/proxy';
export const PODINFO_FOLDER = '/etc/istio/pod';
export const ROOTS_FILE = '/var/run/secrets/istio/root-cert.pem';
export const TOKEN_FILE = '/var/run/secrets/tokens/istio-token';
/** In every namespace, kept there by the control plane. */
export const ROOTS_CONFIG_MAP = 'istio-ca-root-cert';
const TOKEN_TTL_S = 43_200;

export const PROXY_VOLUMES: readonly V1Volume[] = [
  { name: 'istio-envoy', emptyDir: { medium: 'Memory' } },
  {
    name: 'istio-podinfo',
    downwardAPI: {
      items: [
        { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
        { path: 'annotations', fieldRef: { fieldPath: 'metadata.annotations' } },
      ],
    },
  },
  {
    name: 'istio-token',
    projected: {
      sources: [{ serviceAccountToken: { audience: 'istio-ca', expirationSeconds: TOKEN_TTL_S, path: 'istio-token' } }],
    },
  },
  { name: 'istiod-ca-cert', configMap: { name: ROOTS_CONFIG_MAP } },
];

export const PROXY_MOUNTS: readonly V1VolumeMount[] = [
  { name: 'istio-envoy', mountPath: AGENT_FOLDER },
  { name: 'istio-podinfo', mountPath: PODINFO_FOLDER },
  { name: 'istio-token', mountPath: '/var/run/secrets/tokens', readOnly: true },
  { name: 'istiod-ca-cert', mountPath: '/var/run/secrets/istio', readOnly: true },
];
