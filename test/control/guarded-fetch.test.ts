import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { fetchJsonGuarded } from '../../src/control/guarded-fetch.ts';

let server: Server | undefined;

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

describe('fetchJsonGuarded', () => {
  it('gives the object', async () => {
    const url = await serve((_, response) => response.end('{"keys":[]}'));
    expect(await fetchJsonGuarded(url)).toEqual({ keys: [] });
  });

  it('follows redirects, but not for ever', async () => {
    const url = await serve(({ url: path }, response) => {
      if (path === '/once') response.writeHead(302, { location: '/' }).end();
      else if (path === '/loop') response.writeHead(302, { location: '/loop' }).end();
      else response.end('{}');
    });
    expect(await fetchJsonGuarded(`${url}/once`)).toEqual({});
    await expect(fetchJsonGuarded(`${url}/loop`)).rejects.toThrow('redirects more than 3 times');
  });

  it('calls no address that is blocked, by name, by number or by redirect', async () => {
    const url = await serve((_, response) =>
      response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end(),
    );
    const blockedCidrs = ['127.0.0.0/8', '::1'];
    await expect(fetchJsonGuarded(url, { blockedCidrs })).rejects.toThrow('127.0.0.1 must not be called');
    const byName = url.replace('127.0.0.1', 'localhost');
    await expect(fetchJsonGuarded(byName, { blockedCidrs })).rejects.toThrow('must not be called');
    await expect(fetchJsonGuarded(url)).rejects.toThrow('169.254.169.254 must not be called');
    await expect(fetchJsonGuarded('http://[::ffff:169.254.169.254]/')).rejects.toThrow('must not be called');
  });

  it('takes no more than it needs of an endless answer', async () => {
    const url = await serve((_, response) => {
      const timer = setInterval(() => response.write('x'.repeat(256 * 1024)), 1);
      response.on('close', () => clearInterval(timer));
    });
    await expect(fetchJsonGuarded(url)).rejects.toThrow('more than 1 MiB');
  });

  it('says what went wrong', async () => {
    const url = await serve(({ url: path }, response) => response.writeHead(path === '/list' ? 200 : 500).end('[]'));
    await expect(fetchJsonGuarded(url)).rejects.toThrow(`${url} answers 500`);
    await expect(fetchJsonGuarded(`${url}/list`)).rejects.toThrow('does not answer with a JSON object');
    await expect(fetchJsonGuarded('http://127.0.0.1:9/')).rejects.toThrow('ECONNREFUSED');
    await expect(fetchJsonGuarded('file:///etc/passwd')).rejects.toThrow('not http(s)');
    await expect(fetchJsonGuarded('no url')).rejects.toThrow('no URL');
  });
});
