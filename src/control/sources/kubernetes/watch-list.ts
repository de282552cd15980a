import type { KubeClient, KubeRequest } from '../../kubernetes/kube-client.ts';
import type { ObservedObject } from './observed-object.ts';
import { readWatchEvent } from './watch-event.ts';

/** A server that does not know the question streams as ever, and the end of the list never comes. */
export const DEFAULT_SILENCE_MS = 10_000;

/**
 * The list as the beginning of a watch; undefined where the server never says that it ends. The watch is not gone on with:
 * the one that follows takes up where the list ends.
 */
export async function listWithWatch(
  client: KubeClient,
  path: string,
  { query, signal, metadataOnly }: Required<Pick<KubeRequest, 'query' | 'signal' | 'metadataOnly'>>,
  silenceMs: number,
): Promise<{ objects: readonly ObservedObject[]; resourceVersion: string } | undefined> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), silenceMs);
  const objects = new Map<string, ObservedObject>();
  try {
    const lines = client.lines(path, {
      query: {
        ...query,
        watch: true,
        allowWatchBookmarks: true,
        sendInitialEvents: true,
        resourceVersionMatch: 'NotOlderThan',
      },
      signal: AbortSignal.any([signal, silence.signal]),
      metadataOnly,
    });
    for await (const line of lines) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), silenceMs);
      const event = readWatchEvent(line);
      if (event === undefined) continue;
      if (event.type === 'ERROR') throw event.error;
      if (event.type === 'BOOKMARK') {
        if (event.isEndOfList) return { objects: [...objects.values()], resourceVersion: event.resourceVersion };
      } else if (event.type === 'DELETED') objects.delete(event.object.key);
      else objects.set(event.object.key, event.object);
    }
    return undefined;
  } catch (error) {
    if (silence.signal.aborted) return undefined;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
