/** Istio's names. */
export const INBOUND_PASSTHROUGH = 'InboundPassthroughCluster';

export function inboundClusterName(port: number): string {
  return `inbound|${port}||`;
}
