import { createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MeshCa } from '../../src/ca/authority/mesh-ca.ts';
import { LeafLedger } from '../../src/ca/rotation/leaf-ledger.ts';
import { Proxies } from '../../src/ca/rotation/proxies.ts';
import { RotationDriver } from '../../src/ca/rotation/rotation-driver.ts';
import { abortRotation, skipGate } from '../../src/ca/rotation/rotation-steps.ts';
import { startRotation } from '../../src/ca/rotation/start-rotation.ts';
import { readCaStatus } from '../../src/ca/status.ts';
import { newKey, WEB, WEB_ID } from './keys.ts';
import { Crash, MemoryStore } from './memory-store.ts';

/** A CA process over a store, and the proxies that it knows; another one can take over the same store. */
async function openProcess(store: MemoryStore, clock: { nowMs: number }) {
  const now = () => clock.nowMs;
  const ca = await MeshCa.open({ store, now });
  const ledger = await LeafLedger.open(store, now());
  const proxies = new Proxies();
  return { ca, ledger, proxies, driver: new RotationDriver({ ca, ledger, proxies, minPhaseMs: 1_000 }) };
}

type Process = Awaited<ReturnType<typeof openProcess>>;

async function newStore(clock: { nowMs: number }): Promise<MemoryStore> {
  const store = new MemoryStore();
  await MeshCa.init({ store, trustDomain: 'cluster.local', now: () => clock.nowMs });
  return store;
}

/** What a proxy's agent does at each look: it takes the bundle, and renews when the issuer has changed. */
async function live({ ca, ledger, proxies }: Process, proxyId: string, holds: Map<string, string>): Promise<void> {
  const nowMs = ca.now();
  if (holds.get(proxyId) !== ca.active.id) {
    const leaf = await ca.issueWorkload(createPublicKey(newKey()), WEB);
    await ledger.record({ identity: WEB_ID, proxyId, issuer: leaf.issuerId, notAfterMs: leaf.notAfterMs }, nowMs);
    holds.set(proxyId, leaf.issuerId);
  }
  const issuer = holds.get(proxyId) ?? '';
  proxies.report({ identity: WEB_ID, proxyId, bundleHash: ca.bundle.hash, issuer, connected: true, seenAtMs: nowMs });
  await ledger.retire(WEB_ID, proxyId, issuer, nowMs);
}

describe('a root rotation', () => {
  it('waits at each gate for every proxy, and says for whom', async () => {
    const clock = { nowMs: Date.now() };
    const store = await newStore(clock);
    const process = await openProcess(store, clock);
    const { ca, driver, proxies } = process;
    const holds = new Map<string, string>();
    await live(process, 'a', holds);
    await live(process, 'b', holds);
    const from = ca.active.id;
    const to = await startRotation(ca);
    expect(ca.bundle.roots).toHaveLength(2);
    await expect(startRotation(ca)).rejects.toThrow('in phase distribute already');

    clock.nowMs += 5_000;
    await live(process, 'a', holds);
    await driver.step();
    expect(ca.state.rotation?.phase).toBe('distribute');
    expect(driver.gate).toMatchObject({ total: 2, done: 1, isOpen: false, missing: [`${WEB_ID} (b)`] });
    expect((await readCaStatus(store, () => clock.nowMs)).rotation).toMatchObject({
      phase: 'distribute',
      from,
      to,
      gate: { done: 1 },
    });
    expect(ca.active.id, 'the old one signs until all trust the new one').toBe(from);

    await live(process, 'b', holds);
    await driver.step();
    expect(ca.state).toMatchObject({ active: to, rotation: { phase: 'renew' } });
    clock.nowMs += 5_000;
    await live(process, 'a', holds);
    await driver.step();
    expect(driver.gate).toMatchObject({ phase: 'renew', done: 1, missing: [`${WEB_ID} (b)`] });
    expect(ca.bundle.roots, 'both are trusted while b shows an old leaf').toHaveLength(2);

    await live(process, 'b', holds);
    await driver.step();
    expect(ca.state.rotation?.phase).toBe('retire');
    expect(ca.bundle.roots).toHaveLength(1);
    proxies.forget(WEB_ID, 'b');
    clock.nowMs += 5_000;
    await live(process, 'a', holds);
    await driver.step();
    expect(ca.state.rotation).toBeUndefined();
    expect((await store.list()).filter((name) => name.includes(from))).toEqual([]);
  });

  it('waits for leaves of proxies that are gone until they have expired', async () => {
    const clock = { nowMs: Date.now() };
    const process = await openProcess(await newStore(clock), clock);
    await live(process, 'gone', new Map());
    await startRotation(process.ca);
    process.proxies.forget(WEB_ID, 'gone');
    clock.nowMs += 3_600_000;
    await process.driver.step();
    expect(process.ca.state.rotation?.phase).toBe('distribute');
    clock.nowMs += 24 * 3_600_000;
    await process.driver.step();
    expect(process.ca.state.rotation?.phase).toBe('renew');
  });

  it('goes on over a gate that somebody skips', async () => {
    const clock = { nowMs: Date.now() };
    const process = await openProcess(await newStore(clock), clock);
    await live(process, 'deaf', new Map());
    await startRotation(process.ca);
    process.proxies.forget(WEB_ID, 'deaf');
    await process.ca.change(skipGate);
    await process.driver.step();
    expect(process.ca.state.rotation).toMatchObject({ phase: 'renew' });
    expect(process.ca.state.rotation?.skipGate, 'one gate only').toBeUndefined();
  });

  it('can be given up: before the switch at once, after it by the same gates backwards', async () => {
    const clock = { nowMs: Date.now() };
    const process = await openProcess(await newStore(clock), clock);
    const { ca, driver } = process;
    const holds = new Map<string, string>();
    const from = ca.active.id;
    await startRotation(ca);
    await ca.change((state) => abortRotation(state, clock.nowMs));
    expect(ca.state).toMatchObject({ active: from, issuers: [from] });

    await live(process, 'a', holds);
    await startRotation(ca);
    await live(process, 'a', holds);
    clock.nowMs += 5_000;
    await driver.step();
    await live(process, 'a', holds);
    await ca.change((state) => abortRotation(state, clock.nowMs));
    expect(ca.state).toMatchObject({ active: from, rotation: { phase: 'renew', to: from } });
    for (let i = 0; i < 4 && ca.state.rotation !== undefined; i++) {
      clock.nowMs += 5_000;
      await live(process, 'a', holds);
      await driver.step();
    }
    expect(ca.state).toMatchObject({ active: from, issuers: [from] });
    expect(ca.state.rotation).toBeUndefined();
  });

  it('is gone on with by the next process, wherever the one before died', async () => {
    const clock = { nowMs: Date.now() };
    const before = await newStore(clock);
    const holdsBefore = new Map<string, string>();
    await live(await openProcess(before, clock), 'a', holdsBefore);
    let crashes = 0;
    for (let writes = 0; ; writes++) {
      const store = new MemoryStore(before.files);
      const holds = new Map(holdsBefore);
      clock.nowMs = Date.now();
      const first = await openProcess(store, clock);
      store.writesLeft = writes;
      const hasDied = await startRotation(first.ca)
        .then(() => runUntilDone(first, holds, clock))
        .then(
          () => false,
          (error: unknown) => {
            if (error instanceof Crash) return true;
            throw error;
          },
        );
      if (!hasDied) break;
      crashes += 1;
      store.writesLeft = Number.POSITIVE_INFINITY;
      const second = await openProcess(store, clock);
      // A leaf in use is trusted by the bundle at any moment: that is what no failed request means.
      expect([...second.ca.issuers.keys()], `after ${writes} writes`).toContain(holds.get('a'));
      if (second.ca.state.rotation === undefined && second.ca.active.id === holdsBefore.get('a'))
        await startRotation(second.ca);
      await runUntilDone(second, holds, clock);
      expect(second.ca.active.id).toBe(holds.get('a'));
      expect(second.ca.active.id).not.toBe(holdsBefore.get('a'));
      const keys = (await store.list()).filter((name) => name.endsWith('ca-key.pem'));
      expect(keys, 'no key is left lying around').toEqual([`${second.ca.active.id}.ca-key.pem`]);
    }
    expect(crashes).toBeGreaterThan(12);
  });
});

async function runUntilDone(process: Process, holds: Map<string, string>, clock: { nowMs: number }): Promise<void> {
  const { ca, driver } = process;
  for (let i = 0; i < 10 && ca.state.rotation !== undefined; i++) {
    clock.nowMs += 2_000;
    await live(process, 'a', holds);
    await driver.step();
  }
  await driver.step();
  if (ca.state.rotation !== undefined) throw new Error(`stuck in ${ca.state.rotation.phase}`);
}

describe('the ledger of leaves', () => {
  it('stays small however many proxies an identity claims to have, and survives half a line', async () => {
    const nowMs = Date.now();
    const store = new MemoryStore();
    const ledger = await LeafLedger.open(store, nowMs);
    for (let i = 0; i < 7_000; i++) {
      await ledger.record({ identity: WEB_ID, proxyId: `p${i}`, issuer: 'x', notAfterMs: nowMs + 1_000 + i }, nowMs);
    }
    expect(ledger.outstanding(nowMs).length).toBeLessThanOrEqual(5_001);
    expect(ledger.outstanding(nowMs + 7_500).length, 'the last one counts').toBe(1);
    await store.appendLine('leaves.jsonl', '{"identity":"spi');
    expect((await LeafLedger.open(store, nowMs)).outstanding(nowMs).length).toBeGreaterThan(4_000);
  });
});
