import { createServer } from 'node:net';
import { Miniflare, NoOpLog, type WorkerdStructuredLog } from 'miniflare';
import { bundleEdge } from '../../../src/control/up/bundle-edge.ts';
import type { Runtime } from './runtime.ts';

/** The worker in workerd, on a socket of its own, over a KV namespace. */
export const workerd: Runtime = {
  name: 'workerd',
  start: async (vars) => await startWorkerd(vars, await bundleEdge()),
};

/** The same with a bundle of one's own. */
export async function startWorkerd(
  vars: Readonly<Record<string, string>>,
  script: string,
): ReturnType<Runtime['start']> {
  process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false';
  const logs: string[] = [];
  const port = await freePort();
  const miniflare = new Miniflare({
    host: '127.0.0.1',
    port: 0,
    cf: false,
    log: new NoOpLog(),
    handleStructuredLogs: ({ message }: WorkerdStructuredLog) => logs.push(message),
    telemetry: { enabled: false },
    workers: [
      {
        config: {
          name: 'edge',
          compatibilityDate: '2026-10-23',
          manifest: {
            mainModule: 'worker.js',
            modulesRoot: '/',
            modules: { 'worker.js': { type: 'esm', contents: script } },
          },
          env: {
            CONFIG: { type: 'kv', id: 'runtime' },
            ...Object.fromEntries(
              Object.entries(vars).map(([name, value]) => [name, { type: 'text' as const, value }]),
            ),
          },
          exports: {},
        },
        dev: { unsafeDirectSockets: [{ host: '127.0.0.1', port }], stripCfConnectingIp: false },
      },
    ],
  });
  await miniflare.ready;
  const kv = await miniflare.getKVNamespace('CONFIG');
  return {
    url: `http://127.0.0.1:${port}`,
    logs,
    async write(entries) {
      for (const [key, value] of entries) await kv.put(key, value);
    },
    stop: () => miniflare.dispose(),
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
