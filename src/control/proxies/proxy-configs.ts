import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import type { Caller, Unrecognised } from '../../ca/callers/caller.ts';
import type { Log } from '../../ca/log.ts';
import { formatSpiffeId, type WorkloadIdentity } from '../../ca/spiffe-id.ts';
import type { Mesh } from '../../mesh/model.ts';
import type { Finding } from '../../resources/finding.ts';
import type { Rejection } from '../../xds/ads/rejection.ts';
import { type Admission, AdsServer, type ClientCredentials } from '../../xds/ads/server.ts';
import { XdsSnapshot } from '../../xds/ads/snapshot.ts';
import type { Node } from '../../xds/gen/envoy/config/core/v3/base_pb.ts';
import type { ProxyResources, XdsResource } from '../../xds/resource.ts';
import { Debounce, type DebounceOptions, PUSH_DEBOUNCE } from '../debounce.ts';
import { contradictionOf } from './check-claim.ts';
import { type ProxyClaim, readClaim } from './claim.ts';
import { type ProxyStatus, proxyStatuses } from './proxy-status.ts';
import { refusalFindings } from './refusal-findings.ts';

/** How a proxy's configuration is made, and what it depends on. */
export interface ProxyEncoder {
  /** Proxies with equal keys get equal resources of one mesh. */
  keyOf(mesh: Mesh, proxy: KnownProxy): string;
  encode(mesh: Mesh, proxy: KnownProxy): ProxyResources;
}

/** A proxy whose claim has been checked. */
export interface KnownProxy {
  readonly claim: ProxyClaim;
  readonly identity: WorkloadIdentity;
}

export interface ProxyConfigsOptions {
  readonly encoder: ProxyEncoder;
  /** Who a proxy is by its token or certificate. */
  readonly recognise: (credentials: ClientCredentials) => Promise<Caller | Unrecognised>;
  readonly log: Log;
  readonly onRejected?: (rejection: Rejection) => void;
  readonly debounce?: DebounceOptions;
}

interface Proxy extends KnownProxy {
  streams: number;
  snapshot: XdsSnapshot | undefined;
}

/** How many proxies are done between two looks at what else there is to do. */
const PROXIES_A_TURN = 8;

/**
 * Keeps every connected proxy at its configuration. Each proxy is a group of its own for the ADS server, so that none
 * can be given another's; what is equal is made once, and its bytes are shared.
 */
export class ProxyConfigs {
  readonly ads: AdsServer;
  readonly #options: ProxyConfigsOptions;
  readonly #proxies = new Map<string, Proxy>();
  readonly #debounce: Debounce;
  readonly #firstMesh = Promise.withResolvers<void>();
  #mesh: Mesh | undefined;
  /** What many proxies get, indexed once. */
  readonly #shared = new WeakMap<readonly XdsResource[], XdsSnapshot>();
  /** Snapshots of the mesh as it is now, by the encoder's key. */
  #snapshots = new Map<string, XdsSnapshot>();

  constructor(options: ProxyConfigsOptions) {
    this.#options = options;
    this.#debounce = new Debounce(options.debounce ?? PUSH_DEBOUNCE, () => this.#pushAll());
    this.ads = new AdsServer({
      admit: (node, credentials) => this.#admit(node, credentials),
      connected: (_, group) => this.#count(group, 1),
      left: (_, group) => this.#count(group, -1),
      rejected: (rejection) => {
        const { client, typeUrl, message } = rejection;
        options.log('proxy-refused', { proxy: client, typeUrl, why: message });
        options.onRejected?.(rejection);
      },
    });
  }

  /** The mesh from now on. Who is connected hears of it when it has been quiet for a moment. */
  setMesh(mesh: Mesh): void {
    const isFirst = this.#mesh === undefined;
    this.#mesh = mesh;
    this.#snapshots = new Map();
    if (isFirst) this.#firstMesh.resolve();
    else this.#debounce.happened();
  }

  /** Something else that goes into configurations has changed. */
  refresh(): void {
    this.#snapshots = new Map();
    this.#debounce.happened();
  }

  get statuses(): readonly ProxyStatus[] {
    return proxyStatuses(this.ads.statuses, ({ group }) => {
      const proxy = this.#proxies.get(group);
      return proxy === undefined ? '' : formatSpiffeId(proxy.identity);
    });
  }

  /** What proxies refuse at the moment, at the resources that it was made from. */
  get findings(): readonly Finding[] {
    return refusalFindings(this.ads.statuses);
  }

  close(): void {
    this.#debounce.stop();
    this.ads.close();
  }

  async #admit(node: Node, credentials: ClientCredentials): Promise<Admission> {
    const claim = readClaim(node);
    if (claim === undefined) {
      return refused(status.INVALID_ARGUMENT, 'the node id is not `sidecar~<ip>~<pod>.<namespace>~<domain>`');
    }
    const caller = await this.#options.recognise(credentials);
    if (caller.identity === undefined) {
      return refused(caller.isTemporary === true ? status.UNAVAILABLE : status.UNAUTHENTICATED, caller.why);
    }
    const { identity, expiresAtMs } = caller;
    await this.#firstMesh.promise;
    const mesh = this.#mesh;
    if (mesh === undefined) return refused(status.UNAVAILABLE, 'there is no configuration yet');
    const contradiction = contradictionOf(claim, identity, mesh);
    if (contradiction !== undefined) {
      this.#options.log('proxy-not-admitted', { proxy: claim.id, why: contradiction });
      return refused(status.PERMISSION_DENIED, contradiction);
    }
    const group = `${formatSpiffeId(identity)} ${claim.id}`;
    const proxy = this.#proxies.get(group);
    // The agent's own stream says less of the proxy than Envoy's.
    const isRicher = Object.keys(claim.metadata).length >= Object.keys(proxy?.claim.metadata ?? {}).length;
    const now: Proxy =
      proxy === undefined || isRicher
        ? { claim, identity, streams: proxy?.streams ?? 0, snapshot: proxy?.snapshot }
        : proxy;
    this.#proxies.set(group, now);
    this.#publish(group, now, mesh);
    return { kind: 'admitted', group, untilMs: expiresAtMs };
  }

  #count(group: string, change: number): void {
    const proxy = this.#proxies.get(group);
    if (proxy === undefined) return;
    proxy.streams += change;
    if (proxy.streams > 0) return;
    this.#proxies.delete(group);
    this.ads.forget(group);
  }

  async #pushAll(): Promise<void> {
    let done = 0;
    for (const [group, proxy] of this.#proxies) {
      // Always the newest, which may have come in between.
      const mesh = this.#mesh;
      if (mesh === undefined) return;
      const contradiction = contradictionOf(proxy.claim, proxy.identity, mesh);
      if (contradiction === undefined) this.#publish(group, proxy, mesh);
      else {
        this.#options.log('proxy-not-admitted', { proxy: proxy.claim.id, why: contradiction });
        this.ads.disconnect(group, status.PERMISSION_DENIED, contradiction);
      }
      done += 1;
      if (done % PROXIES_A_TURN === 0) await yieldToOthers();
    }
  }

  #publish(group: string, proxy: Proxy, mesh: Mesh): void {
    const snapshot = this.#snapshotOf(proxy, mesh);
    if (snapshot === undefined || snapshot === proxy.snapshot) return;
    proxy.snapshot = snapshot;
    this.ads.publish(group, snapshot);
  }

  #sharedOf(resources: readonly XdsResource[], { snapshot }: Proxy): XdsSnapshot {
    let shared = this.#shared.get(resources);
    if (shared === undefined) {
      shared = new XdsSnapshot(resources, snapshot?.shared);
      this.#shared.set(resources, shared);
    }
    return shared;
  }

  /** Undefined: it could not be made; the proxy goes on with what it has. */
  #snapshotOf(proxy: Proxy, mesh: Mesh): XdsSnapshot | undefined {
    const { encoder, log } = this.#options;
    try {
      const key = encoder.keyOf(mesh, proxy);
      const known = this.#snapshots.get(key);
      if (known !== undefined) return known;
      const { shared, own } = encoder.encode(mesh, proxy);
      const made = new XdsSnapshot(own, proxy.snapshot, this.#sharedOf(shared, proxy));
      const snapshot = proxy.snapshot?.equals(made) === true ? proxy.snapshot : made;
      this.#snapshots.set(key, snapshot);
      return snapshot;
    } catch (error) {
      log('proxy-not-encoded', { proxy: proxy.claim.id, why: error instanceof Error ? error.message : String(error) });
      return undefined;
    }
  }
}

function refused(code: status, why: string): Admission {
  return { kind: 'refused', code, why };
}
