import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FolderStore } from '../../src/store/folder.ts';
import { meshOf, route, snapshotEntries } from '../edge/support/snapshot.ts';
import { startDeno } from '../runtime/support/deno.ts';
import { ADMIN_TOKEN, type RuntimeEdge, refreshTo } from '../runtime/support/runtime.ts';
import { runForesail } from './run-foresail.ts';

const version = (body: string) => meshOf([route({ kind: 'direct-response', status: 200, body })], []);

describe('foresail proxy-status of an edge', () => {
  let folder: string;
  let store: FolderStore;
  let edge: Omit<RuntimeEdge, 'write'>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'foresail-status-'));
    store = new FolderStore(folder);
    await store.put(await snapshotEntries(version('one'), 1));
    const vars = { FORESAIL_STORE: `folder:${folder}`, ADMIN_TOKEN, GATEWAY_PORT: '80', REFRESH_MS: '3600000' };
    edge = await startDeno(vars);
    await refreshTo({ ...edge, write: async () => {} }, 1);
  }, 60_000);
  afterAll(async () => {
    await edge?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const status = (...args: readonly string[]) =>
    runForesail(['proxy-status', '--edge', edge.url, '--store', `folder:${folder}`, ...args], { ADMIN_TOKEN });

  it('is synced, then refuses what it cannot take and says why', async () => {
    expect(await status()).toMatchObject({ code: 0, stdout: expect.stringMatching(/edge +SYNCED +1 /) });
    await store.put(new Map([['root', '{"foresail":"root"}\n{"format":99,"version":2}']]));
    await fetch(`${edge.url}/_foresail/refresh`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    });
    const refused = await runForesail(['proxy-status', '--edge', edge.url, '-o', 'json'], { ADMIN_TOKEN });
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout)).toMatchObject({
      edges: [{ state: 'refused', version: 1, why: expect.stringContaining('format') }],
    });
  });

  it('says who cannot be asked, and never the token', async () => {
    const wrong = await runForesail(['proxy-status', '--edge', edge.url], { ADMIN_TOKEN: 'another-secret' });
    expect(wrong).toMatchObject({ code: 1, stdout: expect.stringContaining('asks for another admin token') });
    expect(wrong.stdout + wrong.stderr).not.toContain('another-secret');
    const none = await runForesail(['proxy-status', '--edge', edge.url]);
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('admin token') });
    const nobody = await runForesail(['proxy-status', '--control-plane', 'http://127.0.0.1:9']);
    expect(nobody).toMatchObject({ code: 2, stderr: expect.stringContaining('the control plane cannot be asked') });
  });
});
