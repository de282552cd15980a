import type { DestinationRule } from '../resources/kinds.ts';

/** Finds the rules that govern a service for its clients. */
export interface DestinationRuleLookup {
  /** Rules that govern a service for clients in `clientNamespace`, the oldest first. */
  find(host: string, serviceNamespace: string | undefined, clientNamespace: string): readonly DestinationRule[];
}
