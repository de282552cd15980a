/** Istio's names. */
export const INBOUND_PASSTHROUGH = 'InboundPassthroughCluster';
export const BLACK_HOLE = 'BlackHoleCluster';

export function inboundClusterName(port: number): string {
  return `inbound|${port}||`;
}
