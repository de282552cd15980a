import { describe, expect, it } from 'vitest';
import { Edge } from '../../src/edge/edge.ts';
import type { PlatformRequest } from '../../src/edge/runtime.ts';
import { generateSigningKey, publicKeyText } from '../../src/snapshot/keys.ts';
import type { PieceSource } from '../../src/snapshot/piece-source.ts';
import { meshOf, route, snapshotEntries } from './support/snapshot.ts';

const HI = meshOf([route({ kind: 'direct-response', status: 200, body: 'hi' })], []);
const PORT_80 = { GATEWAY_PORT: '80' };

function sourceOf(entries: ReadonlyMap<string, string>): PieceSource {
  return {
    root: async () => entries.get('root'),
    pieces: async (keys) => new Map(keys.flatMap((key) => (entries.has(key) ? [[key, entries.get(key) ?? '']] : []))),
  };
}

async function ask(edge: Edge, path = '/', headers: Record<string, string> = {}, method = 'GET'): Promise<Response> {
  const request = new Request(`http://shop.example.com${path}`, { headers, method }) as PlatformRequest;
  return edge.handle(request, { waitUntil: () => {} });
}

const origin = { kind: 'AuthorizationPolicy', namespace: 'a', name: 'trial' };

describe('an edge', () => {
  it('without a snapshot refuses', async () => {
    const edge = await Edge.create(PORT_80, sourceOf(new Map()));
    expect((await ask(edge)).status).toBe(503);
  });

  it('whose store refuses, or hangs, refuses', async () => {
    const failing = { root: () => Promise.reject(new Error('KV is down')), pieces: async () => new Map() };
    expect((await ask(await Edge.create(PORT_80, failing))).status).toBe(503);
    const hanging = { root: () => new Promise<undefined>(() => {}), pieces: async () => new Map() };
    const startedMs = performance.now();
    expect((await ask(await Edge.create(PORT_80, hanging))).status).toBe(503);
    expect(performance.now() - startedMs).toBeLessThan(8_000);
  });

  it('goes on with the last good snapshot when the store fails or holds a broken one', async () => {
    let source = sourceOf(await snapshotEntries(HI));
    const edge = await Edge.create(
      { ...PORT_80, REFRESH_MS: '1' },
      { root: () => source.root(), pieces: (keys) => source.pieces(keys) },
    );
    expect(await (await ask(edge)).text()).toBe('hi');
    source = sourceOf(new Map([['root', 'broken']]));
    for (let i = 0; i < 3; i++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect((await ask(edge)).status).toBe(200);
    }
  });

  it('with a public key takes no unsigned snapshot', async () => {
    const key = await publicKeyText(await generateSigningKey());
    const edge = await Edge.create({ ...PORT_80, SNAPSHOT_PUBLIC_KEY: key }, sourceOf(await snapshotEntries(HI)));
    expect((await ask(edge)).status).toBe(503);
  });

  it('takes settings that make no sense for a mistake, not for none', async () => {
    const source = sourceOf(await snapshotEntries(HI));
    for (const vars of [
      { GATEWAY_PORT: 'http' },
      { REFRESH_MS: '-1' },
      { FORESAIL_LINKS: '{' },
      { SNAPSHOT_PUBLIC_KEY: 'x' },
    ]) {
      await expect(Edge.create(vars, source)).rejects.toThrow();
    }
  });

  it('names the variable whose key cannot be read, and not the key', async () => {
    const source = sourceOf(await snapshotEntries(HI));
    for (const variable of ['SNAPSHOT_PUBLIC_KEY', 'DEBUG_PUBLIC_KEY']) {
      const error: unknown = await Edge.create({ [variable]: 'no-key-at-all' }, source).catch(
        (thrown: unknown) => thrown,
      );
      expect(String(error)).toContain(`${variable}: the key cannot be used`);
      expect(String(error)).not.toContain('no-key-at-all');
    }
  });

  it('has its admin pages only with a token, and only for who knows it', async () => {
    const source = sourceOf(await snapshotEntries(HI, 7));
    const closed = await Edge.create(PORT_80, source);
    expect(await (await ask(closed, '/_foresail/health')).text()).toBe('hi');

    const open = await Edge.create({ ...PORT_80, ADMIN_TOKEN: 's3cret' }, source);
    expect((await ask(open, '/_foresail/health')).status).toBe(401);
    expect((await ask(open, '/_foresail/config', { authorization: 'Bearer s3cre' })).status).toBe(401);
    expect(await (await ask(open, '/_foresailor')).text()).toBe('hi');
    const admin = { authorization: 'Bearer s3cret' };
    expect(await (await ask(open, '/_foresail/health', admin)).json()).toMatchObject({ state: 'ready', version: 7 });
    expect(await (await ask(open, '/_foresail/snapshot', admin)).json()).toMatchObject({ version: 7 });
    const dump = await (await ask(open, '/_foresail/config', admin)).json();
    expect(Object.keys((dump as { domains: object }).domains)).toEqual(['*']);
  });

  it('counts what policies in dry run would have denied', async () => {
    const deny = {
      namespace: 'a',
      name: 'trial',
      dryRun: true,
      rules: [{ from: [], to: [], when: [], origin }],
      origin,
    };
    const authorization = { custom: [], audit: [], deny: [deny], allow: [], providers: {} };
    const watched = { ...HI, config: { ...HI.config, policies: { edge: { jwt: [], authorization } } } };
    const edge = await Edge.create({ ...PORT_80, ADMIN_TOKEN: 't' }, sourceOf(await snapshotEntries(watched)));
    for (let i = 0; i < 3; i++) expect((await ask(edge, '/')).status).toBe(200);
    expect(await (await ask(edge, '/_foresail/policies', { authorization: 'Bearer t' })).json()).toEqual({
      observed: [{ action: 'DENY', dryRun: true, rule: 'ns[a]-policy[trial]-rule[0]', requests: 3 }],
    });
  });

  it('may have its admin pages on one host only', async () => {
    const vars = { ...PORT_80, ADMIN_TOKEN: 't', ADMIN_HOST: 'admin.example.com', ADMIN_PREFIX: '/edge/' };
    const edge = await Edge.create(vars, sourceOf(await snapshotEntries(HI)));
    const admin = { authorization: 'Bearer t' };
    expect(await (await ask(edge, '/edge/health', admin)).text()).toBe('hi');
    expect((await ask(edge, '/edge/health', { ...admin, host: 'admin.example.com' })).status).toBe(200);
  });
});
