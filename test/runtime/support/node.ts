import { storePieces } from '../../../src/control/store-pieces.ts';
import { Edge } from '../../../src/edge/edge.ts';
import { MemoryStore } from '../../../src/store/memory.ts';
import { serveWithNode } from './node-server.ts';
import { NodeTransport } from './node-transport.ts';
import type { Runtime } from './runtime.ts';

/** The edge in this process, behind Node's own HTTP server: only for tests, no entry of the product. */
export const node: Runtime = {
  name: 'Node',
  async start(vars) {
    const store = new MemoryStore();
    const transport = new NodeTransport();
    const edge = await Edge.create(vars, storePieces(store), { origin: transport, gateway: transport });
    const server = await serveWithNode(edge, transport);
    return {
      url: server.url,
      // It writes to this process's console.
      logs: [],
      write: (entries) => store.put(entries),
      stop: () => server.close(),
    };
  },
};
