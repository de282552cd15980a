import type { PeerAuthentication } from '../../resources/kinds.ts';
import { labelsMatch } from '../labels.ts';

/** What a port takes: plaintext, both, or mutual TLS only. */
export type MutualTlsMode = 'DISABLE' | 'PERMISSIVE' | 'STRICT';

/** A mode, and the policy that says so; without one it is Istio's default. */
export interface MutualTlsDecision {
  readonly mode: MutualTlsMode;
  readonly policy?: PeerAuthentication;
}

export interface EffectivePeerAuthentication {
  readonly workload: MutualTlsDecision;
  /** By port of the workload, where it differs from the workload's own. */
  readonly ports: ReadonlyMap<number, MutualTlsDecision>;
}

interface Selected {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * What is effective for a workload (ISTIO.md 1.8): its own policy, else its namespace's, else the mesh's, of each the
 * oldest; UNSET means what the level above says. A policy with a selector in the root namespace counts nowhere: Istio
 * takes it neither for the mesh's nor for a workload's.
 *
 * @param policies the oldest first
 */
export function effectivePeerAuthentication(
  policies: readonly PeerAuthentication[],
  workload: Selected,
  rootNamespace: string,
): EffectivePeerAuthentication {
  const own =
    workload.namespace === rootNamespace
      ? undefined
      : policies.find(
          (policy) =>
            policy.metadata.namespace === workload.namespace &&
            !isWide(policy) &&
            labelsMatch(policy.spec.selector?.matchLabels, workload.labels),
        );
  const wideIn = (namespace: string): PeerAuthentication | undefined =>
    policies.find((policy) => policy.metadata.namespace === namespace && isWide(policy));
  const levels = [own, wideIn(workload.namespace), wideIn(rootNamespace)];
  const whole = levels.map((policy) => decided(policy, policy?.spec.mtls?.mode)).find(isDecided) ?? DEFAULT;
  const ports = new Map<number, MutualTlsDecision>();
  for (const [port, { mode }] of Object.entries(own?.spec.portLevelMtls ?? {})) {
    ports.set(Number(port), decided(own, mode) ?? whole);
  }
  return { workload: whole, ports };
}

const DEFAULT: MutualTlsDecision = { mode: 'PERMISSIVE' };

function isWide({ spec }: PeerAuthentication): boolean {
  return Object.keys(spec.selector?.matchLabels ?? {}).length === 0;
}

function decided(
  policy: PeerAuthentication | undefined,
  mode: MutualTlsMode | 'UNSET' | undefined,
): MutualTlsDecision | undefined {
  return policy === undefined || mode === undefined || mode === 'UNSET' ? undefined : { mode, policy };
}

function isDecided(decision: MutualTlsDecision | undefined): decision is MutualTlsDecision {
  return decision !== undefined;
}
