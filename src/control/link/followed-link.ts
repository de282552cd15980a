import { isDeepStrictEqual } from 'node:util';
import type { CaStore } from '../../ca/store/ca-store.ts';
import type { HostPort } from '../../xds/address.ts';
import type { ClusterGatewayOptions } from '../../xds/cluster-gateway/cluster-gateway.ts';
import { readClientTrust } from './client-trust.ts';
import { LinkKeys } from './link-keys.ts';

const LOOK_EVERY_MS = 1_000;

/** What cluster gateways trust of the edge, as the keys of a link are at the moment. */
export class FollowedLink {
  readonly #store: CaStore;
  readonly #keys: LinkKeys;
  readonly #bind: HostPort;
  readonly #timer: NodeJS.Timeout;
  #options: ClusterGatewayOptions | undefined;
  /** To be called when it has changed. */
  onChange: () => void = () => {};

  private constructor(store: CaStore, bind: HostPort, onError: (error: unknown) => void, lookEveryMs: number) {
    this.#store = store;
    this.#keys = new LinkKeys(store);
    this.#bind = bind;
    // What cannot be read now leaves what was read before.
    this.#timer = setInterval(() => this.look().catch(onError), lookEveryMs).unref();
  }

  static async open(
    store: CaStore,
    bind: HostPort,
    onError: (error: unknown) => void,
    lookEveryMs = LOOK_EVERY_MS,
  ): Promise<FollowedLink> {
    const link = new FollowedLink(store, bind, onError, lookEveryMs);
    await link.look();
    return link;
  }

  /** Undefined: there are no keys, and so no entrance for the edge. */
  get options(): ClusterGatewayOptions | undefined {
    return this.#options;
  }

  async look(): Promise<void> {
    const [state, text, client] = await Promise.all([
      this.#keys.read(),
      this.#keys.publicKeys(),
      readClientTrust(this.#store),
    ]);
    if (state === undefined || text === undefined) return;
    const { keys } = JSON.parse(text) as { keys: ClusterGatewayOptions['keys'] };
    const tls = client === undefined ? {} : { tls: { ...client, roots: client.roots.join('') } };
    const options = { audience: state.mesh, keys, bind: this.#bind, ...tls };
    if (isDeepStrictEqual(options, this.#options)) return;
    this.#options = options;
    this.onChange();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
