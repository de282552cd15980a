/** Labels and annotations by which users steer injection; the names are Istio's. */
export const INJECT = 'sidecar.istio.io/inject';
export const NAMESPACE_INJECTION = 'istio-injection';
export const REVISION = 'istio.io/rev';
export const STATUS = 'sidecar.istio.io/status';
export const TEMPLATES = 'inject.istio.io/templates';
export const PROXY_CONFIG = 'proxy.istio.io/config';
export const DEFAULT_REVISION = 'default';

export const PROXY_CONTAINER = 'istio-proxy';
export const INIT_CONTAINER = 'istio-init';
export const VALIDATION_CONTAINER = 'istio-validation';

/** Pods of these are the cluster's own; a sidecar could only harm them. */
export const SYSTEM_NAMESPACES: readonly string[] = [
  'kube-system',
  'kube-public',
  'kube-node-lease',
  'local-path-storage',
];
