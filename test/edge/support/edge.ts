import { LocalEdge } from '../../../src/control/up/local-edge.ts';
import type { SnapshotInput } from '../../../src/snapshot/encode.ts';
import { WorkersKvStore } from '../../../src/store/workers-kv.ts';
import { snapshotEntries } from './snapshot.ts';

export interface TestEdge {
  readonly url: string;
  readonly logs: readonly string[];
  /** Writes the snapshot to KV and waits until the worker serves it. */
  publish(input: SnapshotInput, version: number): Promise<void>;
  stop(): Promise<void>;
}

/** The real worker in workerd, on a socket of its own, over a KV namespace. */
export async function startEdge(vars: Readonly<Record<string, string>> = {}): Promise<TestEdge> {
  const logs: string[] = [];
  const edge = await LocalEdge.start({
    host: '127.0.0.1',
    port: 0,
    vars: { GATEWAY_PORT: '80', ...vars },
    onLog: (line) => logs.push(line),
    onRestart: () => logs.push('restarted'),
  });
  const store = new WorkersKvStore({ ...edge.kv, minSameKeyWriteIntervalMs: 0 });
  return {
    url: edge.url,
    logs,
    async publish(input, version) {
      await store.put(await snapshotEntries(input, version));
      if (!(await edge.refreshTo(version))) throw new Error(`the edge does not take version ${version}`);
    },
    stop: () => edge.stop(),
  };
}
