import type { Origin } from './origin.ts';

export type FindingLevel = 'Error' | 'Warning' | 'Info';

/**
 * Something worth telling the user about a resource. `code` is stable: Istio's own (`IST0101`) where Istio has
 * a message for it, `FS….` where only Foresail can say it. Texts come from one table (`finding-messages.ts`).
 */
export interface Finding {
  readonly code: string;
  /** The message's name, for example `ReferencedResourceNotFound`. */
  readonly name: string;
  readonly level: FindingLevel;
  readonly message: string;
  /** How to fix it, one sentence in the imperative. */
  readonly fix?: string;
  readonly origin: Origin;
}
