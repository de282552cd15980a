import type { ConsoleFacts } from '../../control/daemon/daemon-console.ts';
import type { Foresaild } from '../../control/daemon/foresaild.ts';
import type { FollowedLink } from '../../control/link/followed-link.ts';
import type { Publisher } from '../../control/publish.ts';
import type { ConfigStore } from '../../store/config-store.ts';
import type { DaemonOptions } from '../daemon-options.ts';
import { openPublisher } from '../publish-options.ts';
import { openStore } from '../store-options.ts';

export interface StartedDaemon {
  readonly daemon: Foresaild;
  readonly link: FollowedLink | undefined;
  readonly webhookPort: number | undefined;
}

/** Where versions for the edge go; undefined: no store is given. */
export async function openVersions(
  options: DaemonOptions,
): Promise<{ readonly publisher: Publisher; readonly store: ConfigStore } | undefined> {
  if (options.store === undefined && options.namespaceId === undefined) return undefined;
  return { publisher: await openPublisher(options), store: openStore(options) };
}

export function consoleFacts(name: string, versions: Awaited<ReturnType<typeof openVersions>>): ConsoleFacts {
  if (versions === undefined) return { name, store: undefined };
  const { publisher, store } = versions;
  return { name, store, rollback: (version) => publisher.rollback(version) };
}
