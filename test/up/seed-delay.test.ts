import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { send } from '../edge/support/client.ts';
import { UpProcess } from './support/up-process.ts';

const CASE = join(import.meta.dirname, '../cases/seeds/guestbook/delay-of-ten-seconds/in.yaml');

it('delays the guestbook by ten seconds, for real', async () => {
  const args = ['-o', 'json', '--edge-port', '0', '-n', 'guestbook'];
  await using up = new UpProcess({ 'in.yaml': readFileSync(CASE, 'utf8') }, args);
  const { edge } = await up.ready();
  const startedMs = performance.now();
  const { status } = await send(edge, { headers: { host: 'guestbook.lvh.me' } });
  expect(status).toBe(200);
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(9_990);
}, 40_000);
