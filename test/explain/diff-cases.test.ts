import { expect, it } from 'vitest';
import { compareBehaviour } from '../../src/control/simulate/diff/compare.ts';
import { goldenCase, goldenFolders } from './golden-cases.ts';
import { guestbook, sideOf } from './guestbook.ts';

const NOW_MS = Date.UTC(2026, 0, 1);
const other = sideOf(guestbook());

/** Nothing that the golden cases hold may break the making up of requests; and what is the same is told as the same. */
it.each(goldenFolders)('%s', async (folder) => {
  const side = sideOf(goldenCase(folder).mesh);
  const again = sideOf(goldenCase(folder).mesh);
  expect((await compareBehaviour(side, again, NOW_MS)).groups).toEqual([]);
  const there = await compareBehaviour(side, other, NOW_MS);
  const back = await compareBehaviour(other, side, NOW_MS);
  expect(there.groups.length).toBeGreaterThan(0);
  expect(back.groups.length).toBeGreaterThan(0);
  expect(JSON.stringify([there, back])).not.toMatch(/eyJ\w/);
});
