import type { SnapshotInput } from '../../src/snapshot/encode.ts';

/** The smallest configuration that serves a host. */
export function snapshotOf(host: string): SnapshotInput {
  return {
    config: {
      listeners: [],
      settings: { pathNormalization: 'BASE', trustDomain: '', numTrustedProxies: 0, serverHeader: '', identity: '' },
      policies: {},
    },
    domains: new Map([[host, { domain: host, virtualHosts: {} }]]),
    clusters: new Map(),
  };
}
