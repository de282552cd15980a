import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { WorkersKvStore } from '../../../src/store/workers-kv.ts';
import { ADMIN_PREFIX, ADMIN_TOKEN, type Runtime, type RuntimeEdge } from './runtime.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** `deno serve` over a Deno KV file, written to through the edge's own endpoint. */
export const deno: Runtime = {
  name: 'Deno',
  async start(vars) {
    const folder = await mkdtemp(join(tmpdir(), 'foresail-deno-'));
    const edge = await startDeno({ DENO_KV_PATH: join(folder, 'kv.db'), ADMIN_PREFIX, ADMIN_TOKEN, ...vars });
    const store = new WorkersKvStore({
      apiBase: edge.url + ADMIN_PREFIX,
      namespaceId: 'deno',
      apiToken: ADMIN_TOKEN,
      minSameKeyWriteIntervalMs: 0,
    });
    return {
      ...edge,
      write: (entries) => store.put(entries),
      async stop() {
        await edge.stop();
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
};

/** The entry as an operator starts it, once it listens. */
export async function startDeno(vars: Readonly<Record<string, string>>): Promise<Omit<RuntimeEdge, 'write'>> {
  const logs: string[] = [];
  const child = spawn(
    join(ROOT, 'node_modules/.bin/deno'),
    ['serve', '-A', '--unstable-kv', '--host', '127.0.0.1', '--port', '0', 'src/edge/deno.ts'],
    { cwd: ROOT, env: { ...process.env, NO_COLOR: '1', ...vars }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const url = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface(stream).on('line', (line) => {
        logs.push(line);
        const address = /Listening on (http:\/\/[\d.:]+)/.exec(line)?.[1];
        if (address !== undefined) resolve(address);
      });
    }
    child.once('exit', (code) => reject(new Error(`deno ended with ${code}:\n${logs.join('\n')}`)));
  });
  return {
    url,
    logs,
    async stop() {
      if (child.exitCode !== null) return;
      // At a SIGTERM it would wait for connections that clients keep alive.
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
