/** Prints the CPU milliseconds from nothing to a host that can be served: with cold code, and with warm. */
import { readFileSync } from 'node:fs';
import { storePieces } from '../../src/control/store-pieces.ts';
import { SnapshotReader } from '../../src/snapshot/reader.ts';
import { MemoryStore } from '../../src/store/memory.ts';

const [file = ''] = process.argv.slice(2);
const store = new MemoryStore();
for (const [key, value] of JSON.parse(readFileSync(file, 'utf8'))) store.values.set(key, value);

/** What a new reader needs to be ready for one host, in milliseconds of CPU. */
async function readHost(): Promise<number> {
  const reader = new SnapshotReader(storePieces(store));
  const before = process.cpuUsage();
  await reader.load('h500.example.com');
  const used = process.cpuUsage(before);
  if (!reader.ready('h500.example.com')) throw new Error('the host is not ready');
  return (used.user + used.system) / 1000;
}

const first = await readHost();
const second = await readHost();
console.log(JSON.stringify({ first, second }));
