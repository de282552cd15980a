import type { MeshCa } from '../authority/mesh-ca.ts';
import { RevocationLists } from '../authority/revocation-lists.ts';
import { RateLimit } from '../callers/rate-limit.ts';
import type { TokenReviewer } from '../callers/token-reviewer.ts';
import { LeafLedger } from '../rotation/leaf-ledger.ts';
import { Proxies } from '../rotation/proxies.ts';

/** What the two services of the CA share. */
export interface CaServices {
  readonly ca: MeshCa;
  readonly tokens: TokenReviewer;
  readonly audience?: string;
  readonly ledger: LeafLedger;
  readonly proxies: Proxies;
  readonly revocationLists: RevocationLists;
  /** For everybody together, before anything costly; and for each identity. */
  readonly totalLimit: RateLimit;
  readonly identityLimit: RateLimit;
}

export interface CaLimits {
  readonly totalPerSecond?: number;
  readonly identityPerSecond?: number;
  readonly identityBurst?: number;
}

/** A node of 250 pods that restarts asks 250 times at once, and they share few accounts. */
const DEFAULT_TOTAL_PER_SECOND = 1_000;
const DEFAULT_IDENTITY_PER_SECOND = 50;
const DEFAULT_IDENTITY_BURST = 500;

export async function openCaServices(
  ca: MeshCa,
  tokens: TokenReviewer,
  { limits = {}, audience }: { readonly limits?: CaLimits; readonly audience?: string } = {},
): Promise<CaServices> {
  const total = limits.totalPerSecond ?? DEFAULT_TOTAL_PER_SECOND;
  return {
    ca,
    tokens,
    ...(audience === undefined ? {} : { audience }),
    ledger: await LeafLedger.open(ca.store, ca.now()),
    proxies: new Proxies(),
    revocationLists: new RevocationLists(ca),
    totalLimit: new RateLimit({ perSecond: total, burst: 2 * total }),
    identityLimit: new RateLimit({
      perSecond: limits.identityPerSecond ?? DEFAULT_IDENTITY_PER_SECOND,
      burst: limits.identityBurst ?? DEFAULT_IDENTITY_BURST,
    }),
  };
}
