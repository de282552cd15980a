export type ProxyType = 'sidecar' | 'router';

export interface ProxyName {
  readonly type: ProxyType;
  readonly ip: string;
  readonly pod: string;
  readonly namespace: string;
  /** `cluster.local`. */
  readonly domain: string;
}

/** Istio's `<type>~<ip>~<pod>.<namespace>~<namespace>.svc.<domain>`. */
export function nodeIdOf({ type, ip, pod, namespace, domain }: ProxyName): string {
  return `${type}~${ip}~${pod}.${namespace}~${namespace}.svc.${domain}`;
}
