import { CERTIFICATE_SECRET, TRUST_SECRET } from '../../xds/sds-names.ts';
import type { Identity } from '../identity/identity.ts';
import type { SdsServer } from './sds-server.ts';
import { findSecret } from './secrets.ts';

/** An Envoy that was there before this agent needs a moment to come back to it. */
const RECONNECT_MS = 30_000;

export interface UsedSecrets {
  /** Empty: not known, or not the newest. */
  readonly bundleHash: string;
  readonly issuer: string;
}

/** Which roots and which certificate Envoy works with, as far as its answers tell. */
export class InUse {
  readonly #sds: SdsServer;
  readonly #identity: Identity;
  readonly #startedAtMs = Date.now();

  constructor(sds: SdsServer, identity: Identity) {
    this.#sds = sds;
    this.#identity = identity;
  }

  look(): UsedSecrets {
    const { trust, certificate } = this.#identity;
    return {
      bundleHash: this.#isTaken(TRUST_SECRET) ? (trust?.hash ?? '') : '',
      issuer: this.#isTaken(CERTIFICATE_SECRET) ? (certificate?.issuer ?? '') : '',
    };
  }

  /** What no listener and no cluster wants is in use nowhere, so nothing older of it is either. */
  #isTaken(name: string): boolean {
    const isUnwanted = this.#sds.countSubscribers(name) === 0 && Date.now() - this.#startedAtMs > RECONNECT_MS;
    if (isUnwanted) return true;
    const version = this.#sds.versionInUse(name);
    return version !== undefined && version === findSecret(this.#identity, name)?.version;
  }
}
