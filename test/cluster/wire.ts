import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pod } from './pod.ts';

/** RFC 8446 §5.1: a record of application data. */
const TLS_APPLICATION_DATA = Buffer.from([0x17, 0x03, 0x03]);
/** What has been seen on the wire is in the file soon after. */
const SETTLE_MS = 500;

export interface Wire {
  readonly bytes: Buffer;
  readonly hasTls: boolean;
}

/** All TCP bytes that pass the wire of a pod while something is done. */
export async function onTheWire(pod: Pod, work: () => Promise<unknown>): Promise<Wire> {
  const file = join(pod.folder, 'wire.pcap');
  const tcpdump = ['tcpdump', '-i', 'eth0', '-Z', 'root', '--immediate-mode', '-U', '-s', '0', '-w', file, 'tcp'];
  const child = pod.start(tcpdump, { uid: 0 });
  // `tcpdump: listening on eth0 …`
  await once(child.stderr ?? child, 'data');
  await work();
  await sleep(SETTLE_MS);
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  await ended;
  const bytes = readFileSync(file);
  return { bytes, hasTls: bytes.includes(TLS_APPLICATION_DATA) };
}
