import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { send } from '../edge/support/client.ts';
import { routes, SHOP, TO_V1 } from './support/mesh.ts';
import { UpProcess } from './support/up-process.ts';

const FILES = { 'shop.yaml': SHOP, 'routes.yaml': routes(TO_V1) };

describe('foresail up', () => {
  it('ends with Ctrl-C: exit code 130, and nothing is left behind', async () => {
    await using up = new UpProcess(FILES);
    await up.ready();
    expect(up.processes().length).toBeGreaterThan(1);
    up.interrupt();
    const { code, stderr } = await up.ended();
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    expect(up.processes()).toEqual([]);
  });

  it('ends with SIGTERM in the same way, which is no failure', async () => {
    await using up = new UpProcess(FILES);
    await up.ready();
    up.terminate();
    expect((await up.ended()).code).toBe(0);
    expect(up.processes()).toEqual([]);
  });

  it('comes back when workerd crashes, and says so', async () => {
    await using up = new UpProcess(FILES);
    const { edge } = await up.ready();
    const [workerd] = up.processes().filter((pid) => pid !== Math.min(...up.processes()));
    process.kill(workerd ?? 0, 'SIGKILL');
    await up.until(() => up.stderr.includes('started again'));
    await up.until(async () => (await status(edge)) === 200);
  });

  it('names a port that is taken, and how to choose another', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await using up = new UpProcess(FILES, ['--edge-port', String(port)]);
    const { code, stderr } = await up.ended();
    server.close();
    expect(code).toBe(2);
    expect(stderr).toContain(`port ${port} on localhost is taken`);
    expect(stderr).toContain('--edge-port 0');
    expect(up.processes()).toEqual([]);
  });

  it('says so when the folder is not there', async () => {
    await using up = new UpProcess(FILES, ['--edge-port', '0', '/nonexistent/folder']);
    const { code, stderr } = await up.ended();
    expect(code).toBe(2);
    expect(stderr).toContain('/nonexistent/folder');
  });

  it('tells a person where to look, and what changed', async () => {
    await using up = new UpProcess(FILES, ['--edge-port', '0']);
    await up.until(() => up.stdout.includes('Ctrl-C'));
    expect(up.stdout).toMatch(/http:\/\/shop\.localhost:\d+/);
    up.write('routes.yaml', routes('redirect: { uri: /elsewhere }'));
    await up.until(() => up.stdout.includes('version 2'));
    expect(up.stdout).toContain('~ route shop.localhost');
  });
});

async function status(url: string): Promise<number> {
  try {
    return (await send(url, { headers: { host: 'shop.localhost' } })).status;
  } catch {
    return 0;
  }
}
