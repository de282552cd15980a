import type { RotationPhase } from '../authority/ca-state.ts';
import type { LedgerEntry } from './leaf-ledger.ts';
import type { Proxies } from './proxies.ts';

/** What a phase waits for, and how far it is. */
export interface Gate {
  readonly phase: RotationPhase;
  readonly waitsFor: string;
  readonly total: number;
  readonly done: number;
  readonly isOpen: boolean;
  /** Some of those that are waited for. */
  readonly missing: readonly string[];
}

export interface GateView {
  readonly phase: RotationPhase;
  readonly newIssuer: string;
  readonly bundleHash: string;
  readonly leaves: readonly LedgerEntry[];
  readonly proxies: Proxies;
}

const MAX_MISSING_SHOWN = 20;

export function gateOf({ phase, newIssuer, bundleHash, leaves, proxies }: GateView): Gate {
  switch (phase) {
    case 'distribute':
      // Who shows a leaf takes part in the mesh, connected to the CA or not, and will meet leaves of the new root.
      return gate(phase, 'every proxy to trust the new root as well as the old', leaves, hasBundle);
    case 'renew':
      return gate(phase, 'every leaf of the old root to be renewed or to expire', leaves, isRenewed);
    case 'retire':
      // Nothing shows an old leaf any more: who has not heard yet trusts too much, but refuses nobody.
      return gate(phase, 'every connected proxy to forget the old root', leaves.filter(isConnected), hasBundle);
  }

  function hasBundle({ identity, proxyId }: LedgerEntry): boolean {
    return proxies.find(identity, proxyId)?.bundleHash === bundleHash;
  }

  function isRenewed({ issuer }: LedgerEntry): boolean {
    return issuer === newIssuer;
  }

  function isConnected({ identity, proxyId }: LedgerEntry): boolean {
    return proxies.find(identity, proxyId)?.connected === true;
  }
}

function gate(
  phase: RotationPhase,
  waitsFor: string,
  leaves: readonly LedgerEntry[],
  isDone: (entry: LedgerEntry) => boolean,
): Gate {
  const missing = new Set(leaves.filter((entry) => !isDone(entry)).map(nameOf));
  const total = new Set(leaves.map(nameOf)).size;
  return {
    phase,
    waitsFor,
    total,
    done: total - missing.size,
    isOpen: missing.size === 0,
    missing: [...missing].slice(0, MAX_MISSING_SHOWN),
  };
}

function nameOf({ identity, proxyId }: LedgerEntry): string {
  return proxyId === '' ? identity : `${identity} (${proxyId})`;
}
