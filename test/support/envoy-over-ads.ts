import { chmodSync } from 'node:fs';
import { AdsServer } from '../../src/xds/ads/server.ts';
import { XdsSnapshot } from '../../src/xds/ads/snapshot.ts';
import type { XdsResource } from '../../src/xds/resource.ts';
import { type EnvoyOptions, EnvoyProcess } from './envoy-process.ts';

const GROUP = 'all';
const LOAD_TIMEOUT_MS = 60_000;

/** A real Envoy with a control plane of its own, which it takes one configuration after the other from. */
export class EnvoyOverAds {
  readonly #ads: AdsServer;
  readonly #envoy: EnvoyProcess;
  readonly #rejections: string[];
  readonly #onSettled: (listener: (snapshot: XdsSnapshot) => void) => void;

  private constructor(
    ads: AdsServer,
    envoy: EnvoyProcess,
    rejections: string[],
    onSettled: (listener: (snapshot: XdsSnapshot) => void) => void,
  ) {
    this.#ads = ads;
    this.#envoy = envoy;
    this.#rejections = rejections;
    this.#onSettled = onSettled;
  }

  static async start(binary: string, options: Partial<EnvoyOptions> = {}): Promise<EnvoyOverAds> {
    const rejections: string[] = [];
    let settled: (snapshot: XdsSnapshot) => void = () => {};
    const ads = new AdsServer({
      admit: () => ({ kind: 'admitted', group: GROUP }),
      rejected: ({ message }) => rejections.push(message),
      settled: (_client, snapshot) => settled(snapshot),
    });
    const { ads: path } = options;
    const port = await ads.listen(typeof path === 'string' ? `unix://${path}` : '127.0.0.1:0');
    // Whoever Envoy runs as has to be able to connect.
    if (typeof path === 'string') chmodSync(path, 0o777);
    ads.publish(GROUP, new XdsSnapshot([]));
    const envoy = EnvoyProcess.start({ ...options, binary, ads: path ?? port });
    return new EnvoyOverAds(ads, envoy, rejections, (listener) => {
      settled = listener;
    });
  }

  /** Resolves once Envoy has taken these resources, and nothing else; with what it rejected of them. */
  async load(resources: Iterable<XdsResource>): Promise<readonly string[]> {
    this.#rejections.length = 0;
    const snapshot = new XdsSnapshot(resources);
    const settled = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`Envoy has not taken the resources: ${this.#rejections} ${this.log.slice(-2000)}`)),
        LOAD_TIMEOUT_MS,
      );
      this.#onSettled((taken) => {
        if (taken !== snapshot) return;
        clearTimeout(timer);
        resolve();
      });
    });
    this.#ads.publish(GROUP, snapshot);
    await settled;
    return [...this.#rejections];
  }

  get pid(): number {
    return this.#envoy.pid;
  }

  get log(): string {
    return this.#envoy.log;
  }

  async stop(): Promise<void> {
    await this.#envoy.stop();
    this.#ads.close();
  }
}
