import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { CaClient } from '../../src/agent/identity/ca-client.ts';
import { freePorts } from '../agent/machine.ts';
import { Folder } from './folder.ts';
import { newCsr } from './keys.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/bin.js');

describe('foresail ca', () => {
  const folder = new Folder();
  const dir = join(folder.path, 'ca');
  let server: ChildProcess | undefined;
  const foresail = (...args: string[]): string =>
    execFileSync(process.execPath, [MAIN, 'ca', ...args, '--dir', dir], { encoding: 'utf8', stdio: 'pipe' });
  const status = () => JSON.parse(foresail('status', '-o', 'json'));

  afterEach(async () => {
    if (server !== undefined) {
      server.kill();
      await once(server, 'exit');
    }
    folder[Symbol.dispose]();
  });

  it('makes a CA, serves it, and turns its root while it is served', async () => {
    expect(foresail('init', '--trust-domain', 'mesh.example')).toContain('made the CA of mesh.example');
    expect(() => foresail('init')).toThrow(/there is a CA/);
    const tokenFile = folder.write('token', foresail('token', 'shop/web', '--ttl', '600'));
    const from = status().issuers[0].id;
    const rootsFile = folder.write('roots.pem', folder.read(`ca/${from}.root-cert.pem`));
    const [port = 0] = await freePorts(1);
    server = spawn(process.execPath, [MAIN, 'ca', 'serve', '--dir', dir, '--listen', `127.0.0.1:${port}`], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await once(server.stderr ?? server, 'data');
    const client = new CaClient({ address: `localhost:${port}`, rootsFile, tokenFile, proxyId: 'p', timeoutMs: 5_000 });
    expect((await client.createCertificate(await newCsr(), 0, '')).certChain).toHaveLength(2);

    foresail('rotate');
    expect(() => foresail('rotate')).toThrow(/in phase distribute already/);
    await sleep(1_500);
    expect(foresail('status')).toContain('missing: spiffe://mesh.example/ns/shop/sa/web (p)');
    for (const phase of ['distribute', 'renew']) {
      expect(status().rotation.phase).toBe(phase);
      foresail('rotate', '--skip-gate');
      await expect.poll(() => status().rotation?.phase, { timeout: 5_000, interval: 100 }).not.toBe(phase);
    }
    expect(status().issuers.map(({ id }: { id: string }) => id)).not.toContain(from);
    client.close();
  }, 30_000);
});
