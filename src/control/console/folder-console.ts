import type { Compiler } from '../compiler.ts';
import type { Source } from '../sources/source.ts';
import { TrafficWindow } from '../telemetry/window/traffic-window.ts';
import { ConsoleFeed } from './console-feed.ts';

/** A console over a source alone: nothing is published, no traffic is seen. Rejects when the source is not there. */
export async function openFolderConsole(
  source: Source,
  compiler: Compiler,
): Promise<{ readonly feed: ConsoleFeed; close(): void }> {
  const feed = new ConsoleFeed({ name: source.name, window: new TrafficWindow(), store: undefined, edges: () => [] });
  const refresh = async (): Promise<void> => {
    const { resources, findings: read } = await source.read();
    const { mesh, findings } = await compiler.compile(resources);
    feed.compiled(mesh, [...read, ...findings], 0);
  };
  await refresh();
  const close = source.watch(() => {
    refresh().catch((error: unknown) => feed.failed(error));
  });
  return { feed, close };
}
