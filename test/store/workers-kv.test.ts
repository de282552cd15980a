import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Publisher } from '../../src/control/publish.ts';
import { StoreError } from '../../src/store/config-store.ts';
import { type WorkersKvOptions, WorkersKvStore } from '../../src/store/workers-kv.ts';
import { sampleDomain, sampleGateway } from '../snapshot/sample-gateway.ts';
import { FakeKvApi } from './fake-kv-api.ts';

const TOKEN = 'secret-token-0123456789';

let api: FakeKvApi;
let slept: number[];

beforeEach(async () => {
  api = await FakeKvApi.start('ns1', TOKEN);
  slept = [];
});

afterEach(() => api.stop());

function open(options: Partial<WorkersKvOptions> = {}): WorkersKvStore {
  const sleep = async (ms: number): Promise<void> => {
    slept.push(ms);
  };
  return new WorkersKvStore({ apiBase: api.base, namespaceId: 'ns1', apiToken: TOKEN, retry: { sleep }, ...options });
}

async function failureOf(work: Promise<unknown>): Promise<StoreError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StoreError);
  // Whatever goes wrong, the token is in no text.
  expect(JSON.stringify(describeDeep(error))).not.toContain(TOKEN);
  return error as StoreError;
}

function describeDeep(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return { ...error, what: error.message, stack: error.stack, cause: describeDeep(error.cause) };
}

describe('Workers KV by REST', () => {
  it('writes, reads, lists and deletes', async () => {
    const store = open();
    api.pageSize = 7;
    const entries = new Map(
      Array.from({ length: 250 }, (_, i) => [`b/${String(i).padStart(3, '0')}`, `{"i":${i},"ü":"é"}`]),
    );
    await store.put(entries);
    expect(await store.get('b/007')).toBe('{"i":7,"ü":"é"}');
    expect(await store.get('missing')).toBeUndefined();
    expect(await store.getMany([...entries.keys(), 'missing'])).toEqual(entries);
    expect(await store.list('b/')).toEqual([...entries.keys()]);
    await store.delete([...entries.keys()]);
    expect(await store.list('')).toEqual([]);
    expect(api.requests.filter(({ path }) => path === 'ns1/bulk').length).toBe(1);
  });

  it('splits what is more than one request may carry', async () => {
    const store = open();
    await store.put(new Map(Array.from({ length: 10_001 }, (_, i) => [`k${i}`, '{}'])));
    expect(api.requests.length).toBe(2);
    expect(api.values.size).toBe(10_001);
  });

  it.each([
    ['429', { status: 429 }],
    ['a 500', { status: 500 }],
    ['a 502 of a proxy that speaks HTML', { status: 502, body: '<html>bad gateway</html>' }],
    ['a reset connection', { reset: true }],
    ['an answer that is cut off', { cutBody: true }],
  ])('tries again after %s', async (_, fault) => {
    api.fail({ times: 3, ...fault });
    await open().put(new Map([['k', '{}']]));
    expect(api.values.get('k')).toBe('{}');
    expect(slept.length).toBe(3);
    expect(slept[2]).toBeGreaterThan(slept[0] ?? 0);
  });

  it('waits as long as Retry-After asks', async () => {
    api.fail({ times: 1, status: 429, headers: { 'retry-after': '7' } });
    await open().get('k');
    expect(slept).toEqual([7_000]);
  });

  it('gives up after some attempts and says what to do', async () => {
    api.fail({ times: 1_000, status: 503 });
    const error = await failureOf(open().get('k'));
    expect(error).toMatchObject({ code: 'unavailable', why: 'HTTP 503: 10000 fault' });
    expect(error.message).toContain('after 6 attempts');
  });

  it('does not repeat what cannot get better', async () => {
    expect(await failureOf(open({ apiToken: 'other' }).get('k'))).toMatchObject({ code: 'unauthorized' });
    expect(await failureOf(open({ namespaceId: 'nope' }).list(''))).toMatchObject({ code: 'not-found' });
    expect(await failureOf(open({ namespaceId: 'nope' }).put(new Map([['k', '1']])))).toMatchObject({
      code: 'not-found',
    });
    expect(slept).toEqual([]);
  });

  it('ends a request that is never answered', async () => {
    api.fail({ times: 10, delayMs: 5_000 });
    const error = await failureOf(open({ timeoutMs: 50, retry: { maxAttempts: 2, sleep: async () => {} } }).get('k'));
    expect(error.why).toBe('no answer within 0.05 s');
  });

  it('says so when nobody listens', async () => {
    await api.stop();
    const error = await failureOf(open({ retry: { maxAttempts: 1 } }).get('k'));
    expect(error).toMatchObject({ code: 'unavailable', why: expect.stringContaining('ECONNREFUSED') });
    api = await FakeKvApi.start('ns1', TOKEN);
  });

  it('never prints a token, not even a malformed one', async () => {
    const bad = `${TOKEN}\nx`;
    expect(() => open({ apiToken: bad })).toThrow(StoreError);
    try {
      open({ apiToken: bad });
    } catch (error) {
      expect(JSON.stringify(describeDeep(error))).not.toContain(TOKEN);
    }
  });

  it('follows no redirect, which would take the token elsewhere', async () => {
    api.fail({ times: 10, status: 302, headers: { location: 'http://example.com/' } });
    await failureOf(open({ retry: { maxAttempts: 1 } }).get('k'));
  });

  it('sends values again that a bulk write names as not stored, and refuses when they stay lost', async () => {
    api.fail({ times: 1, loses: ['b'] });
    await open().put(
      new Map([
        ['a', '1'],
        ['b', '2'],
      ]),
    );
    expect(api.values.get('b')).toBe('2');
    api.fail({ times: 100, loses: ['c'] });
    expect(await failureOf(open().put(new Map([['c', '3']])))).toMatchObject({
      why: expect.stringContaining('the first is c'),
    });
  });

  it('writes the same key at most once a second', async () => {
    const store = open({ minSameKeyWriteIntervalMs: 300 });
    const startedMs = performance.now();
    await store.put(new Map([['root', '1']]));
    await store.put(new Map([['b/1', '1']]));
    await store.put(new Map([['root', '2']]));
    expect(performance.now() - startedMs).toBeGreaterThan(295);
  });
});

describe('publishing to a failing Workers KV', () => {
  const input = (marker: string) => sampleGateway([sampleDomain('shop.example', 2, 1, marker)]);

  it('never leaves a root behind whose pieces are missing', async () => {
    const publisher = new Publisher({ store: open({ retry: { maxAttempts: 1 } }), mesh: 'm', syncer: 's' });
    await publisher.publish(input('-1'));
    const root = api.values.get('root');
    for (const fault of [{ status: 500 }, { reset: true }, { cutBody: true }]) {
      api.fail({ times: 1, path: /bulk$/, ...fault });
      await failureOf(publisher.publish(input('-2')));
      expect(api.values.get('root')).toBe(root);
    }
    expect(await publisher.publish(input('-2'))).toMatchObject({ kind: 'published', version: { version: 2 } });
  });

  it('takes an own root for its own when only the acknowledgement was lost', async () => {
    const publisher = new Publisher({ store: open(), mesh: 'm', syncer: 's' });
    await publisher.publish(input('-1'));
    api.fail({ times: 1, path: /bulk$/, cutBody: true });
    expect(await publisher.publish(input('-2'))).toMatchObject({ version: { version: 2 }, foreign: undefined });
  });
});
