/** A large mesh in a cluster: from cold to the first snapshot, memory, and one change until it is in the store. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Compiler } from '../../src/control/compiler.ts';
import { KubeClient } from '../../src/control/kubernetes/kube-client.ts';
import { Publisher } from '../../src/control/publish.ts';
import { KubernetesSource } from '../../src/control/sources/kubernetes/kubernetes-source.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import { BIG, slice, virtualService } from './big-mesh.ts';
import { median } from './median.ts';

const CHANGES = 9;

export async function benchKubernetes(): Promise<void> {
  // Another process: its memory and its work are not ours.
  const server = fork(new URL('kubernetes-server.ts', import.meta.url), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  try {
    const [{ kubeconfig }] = (await once(server, 'message')) as [{ kubeconfig: string }];
    const { KubeConfig } = await import('@kubernetes/client-node');
    const config = new KubeConfig();
    config.loadFromString(kubeconfig);
    const source = new KubernetesSource({ client: new KubeClient(config), debounce: { quietMs: 0, maxMs: 0 } });
    const compiler = new Compiler();
    const publisher = new Publisher({ store: new MemoryStore(), mesh: 'bench', syncer: 'bench' });
    const round = async (): Promise<{ compileMs: number; publishMs: number }> => {
      const startedMs = performance.now();
      const { mesh } = await compiler.compile((await source.read()).resources);
      const compiledMs = performance.now();
      await publisher.publish(mesh.edge);
      return { compileMs: compiledMs - startedMs, publishMs: performance.now() - compiledMs };
    };
    const startedMs = performance.now();
    await source.read();
    const readMs = performance.now() - startedMs;
    const cold = await round();
    const coldMs = cold.compileMs + cold.publishMs;
    const size = `${BIG.virtualServices} VirtualServices, ${BIG.services} Services, ${BIG.endpoints} endpoints`;
    console.log(`${size}: read in ${readMs.toFixed(0)} ms, first snapshot ${coldMs.toFixed(0)} ms after that`);
    for (const [what, object] of [
      ['VirtualService', (i: number) => virtualService(1_234, BIG, 10 + i)],
      ['EndpointSlice', (i: number) => slice(1_234, BIG, i % 2 === 1)],
    ] as const) {
      const totals: number[] = [];
      const compiles: number[] = [];
      for (let i = 0; i < CHANGES; i++) {
        const { revision } = await source.read();
        server.send(object(i));
        while ((await source.read()).revision === revision) await new Promise((resolve) => setTimeout(resolve, 2));
        const { compileMs, publishMs } = await round();
        compiles.push(compileMs);
        totals.push(compileMs + publishMs);
      }
      const totalMs = median(totals);
      console.log(
        `one ${what}: ${totalMs.toFixed(1)} ms to the store (mesh ${median(compiles).toFixed(1)} ms), 1/${(coldMs / totalMs).toFixed(0)} of the first; target under 50 ms`,
      );
    }
    globalThis.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    console.log(
      `memory: heap ${Math.round(heapUsed / 1e6)} MB, resident ${Math.round(rss / 1e6)} MB (heap after a collection with --expose-gc)`,
    );
    await source.stop();
  } finally {
    server.kill();
  }
}
