import { describe, expect, it } from 'vitest';
import { caseTokens } from '../case-tokens.ts';
import type { Stage } from './support/stage.ts';

export function describePolicies(stage: () => Stage): void {
  describe('a policy', () => {
    const bearer = async (claims: Record<string, unknown>): Promise<Record<string, string>> => ({
      authorization: `Bearer ${await caseTokens.sign({ iss: 'https://issuer.example.com', sub: 'ann', ...claims })}`,
    });

    it('wants a token, and a good one', async () => {
      const { send, seen } = stage();
      expect(await send('/members')).toMatchObject({ status: 403, text: 'RBAC: access denied' });
      const bad = await send('/members', { headers: { authorization: 'Bearer a.b.c' } });
      expect(bad.status).toBe(401);
      expect(bad.headers['www-authenticate']).toMatch(/^Bearer realm=.*error="invalid_token"/);
      expect((await send('/members', { headers: await bearer({ exp: 1 }) })).status).toBe(401);
      const { headers } = await seen('/members', { headers: await bearer({}) });
      expect(headers).toMatchObject({ 'x-sub': ['ann'] });
      expect(headers).not.toHaveProperty('authorization');
    });

    it('denies a path whatever comes with it', async () => {
      const { send } = stage();
      expect((await send('/admin/users', { headers: await bearer({}) })).status).toBe(403);
      expect((await send('/admin/users', { method: 'POST', body: 'x' })).status).toBe(403);
    });
  });

  describe('the admin pages', () => {
    it('are closed without the token', async () => {
      const { send } = stage();
      for (const path of ['/health', '/config', '/snapshot', '/storage/kv/namespaces/deno/values/root']) {
        expect({ path, status: (await send(`/_foresail${path}`)).status }).toEqual({ path, status: 401 });
      }
      const guessed = { authorization: 'Bearer guessed' };
      expect((await send('/_foresail/refresh', { method: 'POST', headers: guessed })).status).toBe(401);
      const known = { authorization: 'Bearer runtime-tests' };
      expect(JSON.parse((await send('/_foresail/health', { headers: known })).text)).toMatchObject({ state: 'ready' });
    });
  });
}
