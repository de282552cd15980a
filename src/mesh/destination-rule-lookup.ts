import type { DestinationRule } from '../resources/kinds.ts';

/** Finds the rules that govern a service for its clients. */
export interface DestinationRuleLookup {
  /**
   * Rules that govern a service for clients in `clientNamespace`, the oldest first. For a client whose labels are
   * known, rules for chosen workloads go before those for all (ISTIO.md 1.5).
   */
  find(
    host: string,
    serviceNamespace: string | undefined,
    clientNamespace: string,
    clientLabels?: Readonly<Record<string, string>>,
  ): readonly DestinationRule[];
}
