import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateSigningKey, importSigner } from '../../src/snapshot/keys.ts';
import { caseTokens } from '../case-tokens.ts';
import { runForesail } from '../cli/run-foresail.ts';
import { DEBUG_KEY, debugToken } from './support/debug-key.ts';
import type { Stage } from './support/stage.ts';

const PATH = '/.well-known/foresail/explain';

interface Told {
  readonly version: number;
  readonly outcomes: readonly { readonly status: number; readonly share: number; readonly destination?: string }[];
}

/** The upstream tells what it received: the path that differs, and an id of each request's own. */
function withoutIds(text: string): string {
  return text.replace(/explai[nm]/g, '').replace(/"x-request-id":\["[^"]*"\]/, '');
}

export function describeExplanations(stage: () => Stage): void {
  describe('a live explanation', () => {
    const ask = async (asked: unknown, token: string): Promise<{ status: number; text: string }> =>
      stage().send(PATH, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify(asked),
      });

    it('is what the edge then does', async () => {
      const token = await debugToken();
      const { send } = stage();
      for (const [path, headers] of [
        ['/hi', {}],
        ['/old/x', {}],
        ['/teapot', {}],
        ['/members', {}],
        ['/admin/users', {}],
        ['/item/7', {}],
        ['/x', { 'end-user': 'jason' }],
        ['/app/../hi', {}],
      ] as const) {
        const { text } = await ask({ url: `http://shop.example.com${path}`, headers }, token);
        const { outcomes } = JSON.parse(text) as Told;
        const done = await send(path, { headers: { host: 'shop.example.com', ...headers } });
        expect({ path, status: outcomes[0]?.status }).toEqual({ path, status: done.status });
      }
    });

    it('shows all ends with their shares, by GET too', async () => {
      const asked = encodeURIComponent(JSON.stringify({ url: 'http://shop.example.com/split/x' }));
      const { status, headers, text } = await stage().send(`${PATH}?request=${asked}`, {
        headers: { authorization: `Bearer ${await debugToken()}` },
      });
      expect(status).toBe(200);
      expect(headers['cache-control']).toBe('no-store');
      const { outcomes, version } = JSON.parse(text) as Told;
      expect(outcomes.length).toBe(2);
      expect(outcomes.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
      expect(version).toBe(1);
    });

    it('is not there for who holds no good token', async () => {
      const { send } = stage();
      const nowS = Math.floor(Date.now() / 1000);
      const { privateKey: other } = await importSigner(await generateSigningKey());
      const tokens = [
        undefined,
        'a.b.c',
        await debugToken({ exp: nowS - 1 }),
        await debugToken({ exp: nowS + 3_600 }),
        await debugToken({ exp: undefined }),
        await debugToken({ aud: 'foresail:explain:other' }),
        await debugToken({}, { typ: 'JWT' }),
        await debugToken({}, {}, other),
      ];
      const asked = JSON.stringify({ url: 'http://shop.example.com/hi' });
      for (const token of tokens) {
        const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
        const options = { method: 'POST', headers, body: asked };
        const [here, elsewhere] = [await send(PATH, options), await send('/.well-known/foresail/explaim', options)];
        expect(here.status).toBe(elsewhere.status);
        expect(withoutIds(here.text)).toBe(withoutIds(elsewhere.text));
        expect(Object.keys(here.headers).sort()).toEqual(Object.keys(elsewhere.headers).sort());
      }
    });

    it('tells no credential of the request', async () => {
      const bearer = await caseTokens.sign({ iss: 'https://issuer.example.com', sub: 'ann' });
      const headers = {
        authorization: `Bearer ${bearer}`,
        cookie: 'session=s3cret-s3cret',
        'x-api-key': 'k3y-k3y-k3y',
      };
      const url = 'http://shop.example.com/members?access_token=t0ken-t0ken';
      const { status, text } = await ask({ url, headers }, await debugToken());
      expect(status).toBe(200);
      expect(text).not.toMatch(/s3cret|k3y-|t0ken-/);
      for (const part of bearer.split('.')) expect(text).not.toContain(part);
    });

    it.each([
      ['no JSON', '{'],
      ['no URL', '{}'],
      ['a URL that is none', '{"url":"nope"}'],
      ['a method that no request can have', '{"url":"http://a.example/","method":"G T"}'],
      ['a header that none can have', '{"url":"http://a.example/","headers":{"a b":"c"}}'],
      ['a file', '{"url":"file:///etc/passwd"}'],
    ])('of %s says that there is none', async (_, body) => {
      const headers = { authorization: `Bearer ${await debugToken()}` };
      const { status, text } = await stage().send(PATH, { method: 'POST', headers, body });
      expect(status).toBe(400);
      expect(JSON.parse(text)).toMatchObject({ problem: expect.any(String) });
    });

    it('is printed by foresail explain --live as that of a folder is', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'foresail-live-'));
      const key = join(folder, 'debug.pem');
      await writeFile(key, DEBUG_KEY);
      const live = ['--live', stage().edge.url, '--debug-key', key];
      try {
        const split = await runForesail(['explain', 'GET', 'http://shop.example.com/split', ...live]);
        expect(split).toMatchObject({ code: 0, stderr: expect.stringContaining('by version 1 (') });
        expect(split.stdout).toMatch(/✓ host: \* \(wildcard\).*runtime\.yaml:\d+ VirtualService demo\/shop/);
        expect(split.stdout).toMatch(/weights: by weight, rolled for each request: \d+ %, \d+ %/);
        const json = await runForesail(['explain', 'GET', '/admin/users', ...live, '-o', 'json']);
        expect(JSON.parse(json.stdout)).toMatchObject({ version: 1, outcomes: [{ status: 403 }] });
        const other = await runForesail(['explain', 'GET', '/', ...live, '--mesh', 'other']);
        expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('explains nothing') });
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
  });
}
