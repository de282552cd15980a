import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export const WORKERD = fileURLToPath(new URL('../../node_modules/workerd/bin/workerd', import.meta.url));
export const WORKERD_LIBRARY = fileURLToPath(new URL('../../node_modules/workerd', import.meta.url));

export interface Stoppable {
  readonly port: number;
  stop(): void;
}

/** 1 KB, stamped as a cluster gateway stamps it; bytes only, so that the upstream costs next to nothing. */
export async function startUpstream(): Promise<Stoppable> {
  const body = 'x'.repeat(1024);
  const head = `HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\nserver: istio-envoy\r\nx-envoy-upstream-service-time: 1\r\n\r\n`;
  const answer = Buffer.from(head + body);
  const server = createTcpServer((socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      // Requests of the benchmark have no body: each ends with an empty line.
      if (chunk.subarray(-4).equals(END_OF_HEAD)) socket.write(answer);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, stop: () => server.close() };
}

const END_OF_HEAD = Buffer.from('\r\n\r\n');

export interface Kv extends Stoppable {
  /** Of all values that were read. */
  bytesRead(): number;
}

/** The HTTP form of Workers KV that plain workerd reads a namespace from. */
export async function startKv(entries: ReadonlyMap<string, string>): Promise<Kv> {
  let bytes = 0;
  const counted = (value: string | undefined): string | undefined => {
    bytes += value?.length ?? 0;
    return value;
  };
  const server = createServer(async (request, response) => {
    const [path = '/'] = (request.url ?? '/').split('?');
    if (path === '/bulk/get') {
      const { keys } = JSON.parse(await text(request)) as { readonly keys: readonly string[] };
      response.end(JSON.stringify(Object.fromEntries(keys.map((key) => [key, counted(entries.get(key)) ?? null]))));
      return;
    }
    const value = counted(entries.get(decodeURIComponent(path.slice(1))));
    response.statusCode = value === undefined ? 404 : 200;
    response.end(value);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, stop: () => server.close(), bytesRead: () => bytes };
}

/** Ports that were free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createTcpServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

/** User and system time so far; 0 where there is no /proc. */
export function cpuMsOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    const ticks = Number(fields[11]) + Number(fields[12]);
    return ticks * 10;
  } catch {
    return 0;
  }
}

/** Memory that is the process's own at this moment; 0 where there is no /proc. */
export function residentMbOf(pid: number): number {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes ?? 0) / 1024;
  } catch {
    return 0;
  }
}

export interface Load {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export function hasWrk(): boolean {
  try {
    execFileSync('wrk', ['--version'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    // wrk ends its version text with exit code 1.
    return (error as { code?: string }).code !== 'ENOENT';
  }
}

export function runWrk(url: string, seconds: number, headers: readonly string[]): Promise<Load> {
  const args = ['-t1', '-c32', '--latency', `-d${seconds}s`, ...headers.flatMap((header) => ['-H', header]), url];
  return new Promise((resolve, reject) => {
    const child = spawn('wrk', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    child.once('error', reject);
    child.once('close', () => {
      const requests = Number(/(\d+) requests in/.exec(output)?.[1]);
      const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]);
      if (/Non-2xx/.test(output) || !(requests > 0)) reject(new Error(`the load went wrong:\n${output}`));
      else resolve({ requests, perSecond, p50Ms: percentile(output, 50), p99Ms: percentile(output, 99) });
    });
  });
}

function percentile(output: string, percent: number): number {
  const [, value, unit] = new RegExp(`^ +${percent}% +([\\d.]+)(us|ms|s)$`, 'm').exec(output) ?? [];
  return Number(value) * (unit === 'us' ? 0.001 : unit === 's' ? 1000 : 1);
}
