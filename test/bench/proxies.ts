import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ProxiesReport } from './proxies-control-plane.ts';

export interface ProxiesAsked {
  readonly services: number;
  readonly proxies: number;
}

const CONTROL_PLANE = fileURLToPath(new URL('./proxies-control-plane.ts', import.meta.url));
const CLIENTS = fileURLToPath(new URL('./proxies-clients.ts', import.meta.url));
const MIB = 1024 * 1024;

/**
 * A thousand proxies on five hundred services: the control plane in one process, all clients (real ADS streams that
 * ask and answer as Envoy does) in another.
 */
export async function benchProxies(): Promise<void> {
  const asked: ProxiesAsked = { services: 500, proxies: 1_000 };
  const controlPlane = fork(CONTROL_PLANE, [JSON.stringify(asked)], { execArgv: ['--expose-gc'] });
  const [{ port }] = (await once(controlPlane, 'message')) as [{ port: number }];
  const clients = fork(CLIENTS, [JSON.stringify({ ...asked, port })]);
  const [report] = (await once(controlPlane, 'message')) as [ProxiesReport];
  clients.kill();
  controlPlane.kill();
  const { first, change, idleBytes, connectedBytes, peakBytes } = report;
  const line = (what: string, value: string) => console.log(`${what.padEnd(46)} ${value}`);
  line(`${asked.proxies} proxies, ${asked.services} services`, '');
  line('first full push to all', told(first));
  line('one endpoint, to all that care', told(change));
  line('  of that encoding', seconds(change.encodingMs));
  line('  types sent (target: EDS only)', change.types.join(', '));
  line('  clients that were sent something', String(change.clients));
  line('memory: before, with all, at most', [idleBytes, connectedBytes, peakBytes].map(mebibytes).join(', '));
  if (change.types.join() !== 'EDS') throw new Error('a change of one endpoint has sent more than endpoints');
}

function told({ tookMs, cpuMs, sentBytes }: ProxiesReport['first']): string {
  return `${seconds(tookMs)} (${seconds(cpuMs)} of the processor), ${mebibytes(sentBytes)} sent`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}
