import type { ProxyStatus } from '../proxies/proxy-status.ts';
import type { ProxyView } from './wire.ts';

const STATES: Readonly<Record<ProxyStatus['state'], ProxyView['state']>> = {
  synced: 'synced',
  stale: 'pending',
  refused: 'rejected',
};

/** A connected Envoy as the console shows it; a problem names what was refused and where it is written. */
export function proxyView({ id, pod, namespace, connectedAtMs, state, types }: ProxyStatus): ProxyView {
  const refused = types.find(({ why }) => why !== undefined);
  const at = refused?.suspects?.flatMap((suspect) => suspect.at ?? []) ?? [];
  return {
    id,
    workload: `${namespace}/${pod}`,
    connectedAtMs,
    state: STATES[state],
    ...(refused?.why === undefined ? {} : { problem: [refused.why, ...new Set(at)].join(' ') }),
  };
}
