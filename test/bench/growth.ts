/** How cost grows with a mesh: in the control plane, in the store, for a cold request and for a warm one. */
import { factsOf } from '../../src/control/simulate/request.ts';
import { storePieces } from '../../src/control/store-pieces.ts';
import { decide } from '../../src/engine/decide.ts';
import type { PieceSource } from '../../src/snapshot/piece-source.ts';
import { SnapshotReader } from '../../src/snapshot/reader.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import { snapshotEntries } from '../edge/support/snapshot.ts';
import type { Fields } from '../support/api-server/kube-object.ts';
import { parsed } from './big-mesh.ts';
import { decisionMicros } from './decision-time.ts';
import { BENCH_ENVIRONMENT } from './engine-environment.ts';
import { edgeOf, GATEWAY, SERVICE } from './mesh.ts';

const SIZES = [10, 100, 1_000, 10_000, 100_000];
const WARM_UP = 1_000;
const KIB = 1024;
const HOST = 'host-0.example.com';
/** Of one object; Kubernetes takes no objects of more than a megabyte and a half. */
const RULES_A_SERVICE = 1_000;
const ENDPOINTS_A_SLICE = 100;

const DIMENSIONS: Readonly<Record<string, (count: number) => readonly Fields[]>> = {
  rules: (count) =>
    Array.from({ length: Math.ceil(count / RULES_A_SERVICE) }, (_, at) =>
      virtualService(`rules-${at}`, HOST, at * RULES_A_SERVICE, Math.min(count, RULES_A_SERVICE)),
    ),
  hosts: (count) =>
    Array.from({ length: count }, (_, at) => virtualService(`vs-${at}`, `host-${at}.example.com`, 0, 1)),
  policies: (count) => [virtualService('vs', HOST, 0, 1), ...Array.from({ length: count }, (_, at) => policy(at))],
  endpoints: (count) => [
    virtualService('vs', HOST, 0, 1),
    ...Array.from({ length: Math.ceil(count / ENDPOINTS_A_SLICE) }, (_, at) =>
      slice(at, Math.min(count, ENDPOINTS_A_SLICE)),
    ),
  ],
};

export async function benchGrowth(): Promise<void> {
  for (const [name, objects] of Object.entries(DIMENSIONS)) {
    console.log(`\n### ${name}\n`);
    console.log(
      `| ${name} | to the snapshot, ms CPU | snapshot KiB | a cold request reads KiB | and takes ms CPU | a decision µs |`,
    );
    console.log('| --- | --- | --- | --- | --- | --- |');
    // The first time is the runtime's own.
    await row(objects(WARM_UP));
    for (const count of SIZES)
      console.log(`| ${count.toLocaleString('en')} | ${(await row(objects(count))).join(' | ')} |`);
  }
}

async function row(objects: readonly Fields[]): Promise<readonly string[]> {
  const resources = [GATEWAY, SERVICE, ...objects].map(parsed);
  const compiling = process.cpuUsage();
  const entries = await snapshotEntries(edgeOf(resources));
  const compiledMs = cpuMsSince(compiling);
  const store = new MemoryStore();
  let snapshotBytes = 0;
  for (const [key, value] of entries) {
    store.values.set(key, value);
    snapshotBytes += value.length;
  }
  const counted = countedPieces(storePieces(store));
  const reader = new SnapshotReader(counted.source);
  const loading = process.cpuUsage();
  await reader.load(HOST);
  const loadedMs = cpuMsSince(loading);
  return [
    compiledMs.toFixed(0),
    (snapshotBytes / KIB).toFixed(0),
    (counted.bytes() / KIB).toFixed(0),
    loadedMs.toFixed(1),
    aloneMicros(reader).toFixed(2),
  ];
}

function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

function countedPieces(source: PieceSource): { readonly source: PieceSource; bytes(): number } {
  let bytes = 0;
  return {
    bytes: () => bytes,
    source: {
      async root() {
        const root = await source.root();
        bytes += root?.length ?? 0;
        return root;
      },
      async pieces(keys) {
        const pieces = await source.pieces(keys);
        for (const value of pieces.values()) bytes += value.length;
        return pieces;
      },
    },
  };
}

function aloneMicros({ current }: SnapshotReader): number {
  if (current === undefined) throw new Error('there is nothing to decide by');
  const facts = factsOf({ url: `http://${HOST}/rule-0/item` });
  const decision = decide(current, facts, BENCH_ENVIRONMENT);
  if (decision instanceof Promise || decision.kind !== 'forward') throw new Error('the request is not forwarded');
  return decisionMicros(current, facts);
}

function virtualService(name: string, host: string, first: number, count: number): Fields {
  const http = Array.from({ length: count }, (_, rule) => ({
    match: [{ uri: { prefix: `/rule-${first + rule}/` } }],
    route: [{ destination: { host: 'shop' } }],
  }));
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name, namespace: 'shop' },
    spec: { hosts: [host], gateways: ['gateway'], http },
  };
}

function policy(at: number): Fields {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: `policy-${at}`, namespace: 'istio-system' },
    spec: { action: 'DENY', rules: [{ to: [{ operation: { paths: [`/forbidden-${at}/*`] } }] }] },
  };
}

function slice(at: number, count: number): Fields {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `shop-${at}`, namespace: 'shop', labels: { 'kubernetes.io/service-name': 'shop' } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
    endpoints: Array.from({ length: count }, (_, endpoint) => ({
      addresses: [`10.${at >> 8}.${at & 255}.${endpoint + 1}`],
      conditions: { ready: true },
    })),
  };
}

if (import.meta.main) await benchGrowth();
