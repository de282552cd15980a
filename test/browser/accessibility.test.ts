import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UpProcess } from '../up/support/up-process.ts';
import { accessibilityProblems, focusOrder } from './support/accessibility.ts';
import { launchChromium } from './support/browser.ts';
import { ConsolePage, load, sampleFiles, UP_ARGS, VIEWS } from './support/console-page.ts';

const HOST = { host: 'guestbook.localhost' };
const SERVICE = '/services/frontend.guestbook.svc.cluster.local';
const YAML = '/yaml?kind=VirtualService&namespace=guestbook&name=guestbook&path=spec.http%5B2%5D';
const EXPLAIN = '/explain?method=POST&url=http%3A%2F%2Fguestbook.localhost%2Fadmin%2Fx';
const TIMEOUT_MS = 240_000;

describe('the console, for whoever does not see it or uses no mouse', { timeout: TIMEOUT_MS }, () => {
  let browser: Browser;
  let up: UpProcess;
  let base: string;
  let traffic: { stop(): Promise<void> };

  beforeAll(async () => {
    up = new UpProcess(sampleFiles('guestbook'), UP_ARGS);
    browser = await launchChromium();
    const ready = await up.ready();
    base = ready.console;
    traffic = load(ready.edge, [
      { path: '/', headers: HOST },
      { path: '/admin/x', headers: HOST },
      { path: '/', headers: { ...HOST, 'x-fault': 'abort' } },
    ]);
  }, TIMEOUT_MS);

  afterAll(async () => {
    await traffic.stop();
    await browser.close();
    await up[Symbol.asyncDispose]();
  });

  it.each(['light', 'dark'] as const)(
    'has landmarks, names, headings and contrast in every view, %s',
    async (colorScheme) => {
      const console = await ConsolePage.open(browser, base, { colorScheme, reducedMotion: 'reduce' });
      const problems: Record<string, string[]> = {};
      for (const view of [...VIEWS, SERVICE, YAML, EXPLAIN, '/graph?node=edge:unknown', '/no/such/page']) {
        await console.go(view);
        const found = await accessibilityProblems(console.page);
        if (found.length > 0) problems[view] = found;
      }
      expect(problems).toEqual({});
      await console.close();
    },
  );

  it('can be gone through by keys: skip link, views, nodes of the graph', async () => {
    const console = await ConsolePage.open(browser, base);
    await console.go('/graph');
    const { page } = console;
    await page.locator('[data-node]').first().waitFor();
    const [skip, ...others] = await focusOrder(page, 20);
    expect(skip?.name).toBe('Skip to content');
    expect(others.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['Foresail', 'Overview', 'Graph', 'Explain', 'Clusters', 'allguestbook']),
    );
    expect(others.filter(({ isSeen }) => !isSeen)).toEqual([]);

    await page.locator('[data-node^="service:frontend"]').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'service frontend' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('complementary', { name: 'service frontend' }).waitFor({ state: 'detached' });
    await page.keyboard.press('Shift+ArrowDown');
    await page.getByRole('button', { name: /service frontend.*pinned/ }).waitFor();
    console.expectNoComplaints();
    await console.close();
  });

  it('begins a view that was gone to by a link with its heading', async () => {
    const console = await ConsolePage.open(browser, base);
    await console.go('/');
    const { page } = console;
    await page.getByRole('link', { name: 'Routes', exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Routes' }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Routes');
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await console.close();
  });

  it('asks and gets an explanation by keys alone, and it is said aloud', async () => {
    const console = await ConsolePage.open(browser, base);
    await console.go('/explain');
    const { page } = console;
    await page.getByLabel('URL').focus();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('http://guestbook.localhost/hello');
    await page.keyboard.press('Enter');
    await page.locator('[aria-live] .verdict-text', { hasText: '200' }).waitFor();
    await console.close();
  });

  it('tells the picture and the charts as tables too', async () => {
    const console = await ConsolePage.open(browser, base);
    await console.go('/graph');
    const { page } = console;
    await page.getByText('The picture as a table').click();
    await page
      .getByRole('table', { name: 'Calls' })
      .getByRole('row', { name: /Edge \(edge\) frontend \(service\)/ })
      .waitFor();
    await console.go('/timeline');
    await page.getByText('The same as a table').click();
    await page.getByRole('table', { name: 'Traffic over time' }).getByText(/\d\/s/).first().waitFor();
    await console.close();
  });

  it('moves nothing for whoever does not want motion', async () => {
    const console = await ConsolePage.open(browser, base, { reducedMotion: 'reduce' });
    await console.go(EXPLAIN);
    await console.page.locator('.path-passed').first().waitFor();
    expect(await console.page.evaluate(() => document.getAnimations().length)).toBe(0);
    await console.close();
  });
});
