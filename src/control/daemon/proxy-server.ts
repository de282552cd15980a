import type { MeshCa } from '../../ca/authority/mesh-ca.ts';
import { recognise } from '../../ca/callers/recognise.ts';
import type { TokenReviewer } from '../../ca/callers/token-reviewer.ts';
import { type CaServer, startCaServer } from '../../ca/service/ca-server.ts';
import { type CaServices, openCaServices } from '../../ca/service/ca-services.ts';
import type { Rejection } from '../../xds/ads/rejection.ts';
import { MAX_ADS_REQUEST_BYTES } from '../../xds/ads/server.ts';
import type { DebounceOptions } from '../debounce.ts';
import { ProxyConfigs, type ProxyEncoder } from '../proxies/proxy-configs.ts';

export interface ProxyServerOptions {
  readonly ca: MeshCa;
  readonly tokens: TokenReviewer;
  readonly encoder: ProxyEncoder;
  /** `host:port`; port 0: any that is free. */
  readonly address: string;
  /** DNS names and addresses by which proxies and agents find it. */
  readonly names: readonly string[];
  /** How long each phase of a rotation of the root lasts at least. */
  readonly minPhaseMs?: number;
  readonly debounce?: DebounceOptions;
  readonly onRejected?: (rejection: Rejection) => void;
}

/** All that proxies and their agents call, at one address with one certificate: configuration, and the CA. */
export interface ProxyServer {
  readonly port: number;
  readonly configs: ProxyConfigs;
  readonly caServices: CaServices;
  readonly caServer: CaServer;
  stop(): Promise<void>;
}

export async function startProxyServer(options: ProxyServerOptions): Promise<ProxyServer> {
  const { ca, tokens, encoder, address, names, minPhaseMs, debounce, onRejected } = options;
  const configs = new ProxyConfigs({
    encoder,
    recognise: (credentials) => recognise(credentials, { ca, tokens }),
    log: ca.log,
    ...(debounce === undefined ? {} : { debounce }),
    ...(onRejected === undefined ? {} : { onRejected }),
  });
  const caServices = await openCaServices(ca, tokens);
  const caServer = await startCaServer({
    services: caServices,
    address,
    names,
    ...(minPhaseMs === undefined ? {} : { minPhaseMs }),
    beside: { addTo: (server) => configs.ads.addTo(server), maxRequestBytes: MAX_ADS_REQUEST_BYTES },
  });
  return {
    port: caServer.port,
    configs,
    caServices,
    caServer,
    stop: async () => {
      configs.close();
      await caServer.stop();
    },
  };
}
