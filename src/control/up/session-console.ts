import type { ConfigStore } from '../../store/config-store.ts';
import { ConsoleFeed } from '../console/console-feed.ts';
import { proxyView } from '../console/proxy-view.ts';
import type { Publisher } from '../publish.ts';
import type { Source } from '../sources/source.ts';
import type { TrafficWindow } from '../telemetry/window/traffic-window.ts';
import type { Inside } from './inside.ts';
import type { LocalEdge } from './local-edge.ts';

interface Parts {
  readonly edge: LocalEdge;
  readonly store: ConfigStore;
  readonly publisher: Publisher;
  readonly window: TrafficWindow;
  readonly inside: Inside;
}

/** What the console shows of a mesh on this machine. */
export function sessionConsole(
  { name }: Source,
  { edge, store, publisher, window, inside }: Parts,
  /** A rollback changes it, too. */
  served: { version: number },
): ConsoleFeed {
  return new ConsoleFeed({
    name,
    edgeUrl: edge.url,
    window,
    store,
    edges: () => [{ name: 'local', url: edge.url, platform: 'workerd', version: served.version }],
    gateway: () => (inside.state.kind === 'running' ? inside.state.gateway : 'played by foresail up'),
    certificates: () => inside.certificates,
    proxies: () => inside.proxies.map(proxyView),
    async rollback(version) {
      const result = await publisher.rollback(version);
      served.version = result.version.version;
      await edge.refreshTo(served.version);
      return result;
    },
  });
}
