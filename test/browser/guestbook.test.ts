import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { send } from '../edge/support/client.ts';
import { UpProcess } from '../up/support/up-process.ts';
import { launchChromium } from './support/browser.ts';
import { ConsolePage, load, sampleFiles, TOKEN, UP_ARGS, VIEWS } from './support/console-page.ts';

const HOST = { host: 'guestbook.localhost' };
const FRONTEND = 'frontend.guestbook.svc.cluster.local';
const TIMEOUT_MS = 240_000;

describe('the console of the guestbook under load', { timeout: TIMEOUT_MS }, () => {
  let browser: Browser;
  let up: UpProcess;
  let edge: string;
  let base: string;
  let traffic: { stop(): Promise<void> };

  beforeAll(async () => {
    up = new UpProcess(sampleFiles('guestbook'), UP_ARGS);
    browser = await launchChromium();
    ({ edge, console: base } = await up.ready());
    traffic = load(edge, [
      { path: '/', headers: HOST },
      { path: '/v2', headers: HOST },
      { path: '/hello', headers: HOST },
      { path: '/admin/clear', method: 'POST', headers: HOST },
      { path: '/', headers: { ...HOST, 'x-fault': 'abort' } },
      { path: '/nothing', headers: { host: 'shop.localhost' } },
    ]);
  }, TIMEOUT_MS);

  afterAll(async () => {
    await traffic.stop();
    await browser.close();
    await up[Symbol.asyncDispose]();
  });

  it.each(['light', 'dark'] as const)(
    'shows every view, %s, without a complaint of the browser',
    async (colorScheme) => {
      const console = await ConsolePage.open(browser, base, { colorScheme });
      for (const view of VIEWS) {
        await console.go(view);
        await console.page.waitForLoadState('networkidle').catch(() => {});
        await console.shoot(`guestbook-${colorScheme}${view.replaceAll('/', '-')}`);
      }
      console.expectNoComplaints();
      await console.close();
    },
  );

  it('draws the way from the clients to the pods with live figures', async () => {
    const console = await ConsolePage.open(browser, base);
    await console.go('/graph');
    const { page } = console;
    await page.locator('.link-label', { hasText: '/s' }).first().waitFor();
    const names = await page.locator('[data-node]').evaluateAll((nodes) => nodes.map((node) => node.ariaLabel));
    expect(names).toContainEqual(expect.stringMatching(/^client Clients/));
    expect(names).toContainEqual(expect.stringMatching(/^edge /));
    expect(names).toContainEqual(expect.stringMatching(/^service frontend/));
    expect(names).toContainEqual(expect.stringMatching(/^workload frontend-v3/));
    console.expectNoComplaints();
    await console.close();
  });

  it('tells of a node that is clicked, and keeps it in the address', async () => {
    const console = await ConsolePage.open(browser, base);
    await console.go('/graph');
    const { page } = console;
    await page.locator(`[data-node="service:${FRONTEND}"]`).click();
    const panel = page.getByRole('complementary', { name: 'service frontend' });
    await panel.getByText(/\d\/s/).first().waitFor();
    await console.shoot('guestbook-node');
    expect(new URL(page.url()).searchParams.get('node')).toBe(`service:${FRONTEND}`);
    await page.reload();
    await panel.waitFor();
    await panel.getByRole('link', { name: 'Open page' }).click();
    await page.getByRole('heading', { level: 1, name: 'frontend' }).waitFor();
    console.expectNoComplaints();
    await console.close();
  });

  it('leads from an error to the rule and the file that caused it', async () => {
    const console = await ConsolePage.open(browser, base);
    await console.go('/');
    const { page } = console;
    const reasons = page.getByRole('table', { name: 'Errors by reason' });
    await reasons.getByRole('link', { name: 'AuthorizationPolicy/istio-system/guestbook-no-admin' }).click();
    await page.getByRole('heading', { name: 'AuthorizationPolicy guestbook-no-admin' }).waitFor();
    await page
      .getByText(/policies\.yaml:\d+/)
      .first()
      .waitFor();
    await console.go('/requests?minCode=400');
    await page
      .getByRole('row', { name: /POST guestbook\.localhost\/admin\/clear/ })
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    const row = page.getByRole('row', { name: /POST guestbook\.localhost\/admin\/clear/ }).first();
    await row.getByRole('link', { name: /policies\.yaml:\d+/ }).click();
    await page.locator('.yaml-line.marked').first().waitFor();
    expect(await page.locator('.yaml-line.marked').allTextContents()).toContainEqual(expect.stringContaining('/admin'));
    await console.shoot('guestbook-rule');
    console.expectNoComplaints();
    await console.close();
  });

  it('explains a request that is typed: the path lights up to where it ends', async () => {
    const console = await ConsolePage.open(browser, base);
    await console.go('/explain');
    const { page } = console;
    await page.getByLabel('Method').selectOption('POST');
    await page.getByLabel('URL').fill('http://guestbook.localhost/admin/clear');
    await page.getByRole('button', { name: 'Explain' }).click();
    await page.locator('.verdict-text', { hasText: '403' }).waitFor();
    const steps = page.getByRole('list', { name: 'Where the request passes' });
    expect(await steps.locator('.path-refused').textContent()).toContain('Policies');
    await page.getByText('policies.yaml').first().waitFor();
    await page.getByLabel('URL').fill('http://guestbook.localhost/');
    await page.getByLabel('Method').selectOption('GET');
    await page.getByRole('button', { name: 'Explain' }).click();
    await page.locator('.verdict-text', { hasText: '70 %' }).waitFor();
    expect(await steps.locator('.path-refused').count()).toBe(0);
    await console.shoot('guestbook-explain');
    console.expectNoComplaints();
    await console.close();
  });

  it('shows what a new version changes, and rolls it back with the token', async () => {
    const routes = sampleFiles('guestbook')['routes.yaml'] ?? '';
    up.write('routes.yaml', routes.replace('prefix: /v2/', 'prefix: /version-2/'));
    await up.until(() => up.lines.length > 1, TIMEOUT_MS);
    const console = await ConsolePage.open(browser, base);
    await console.go('/versions');
    const { page } = console;
    await page.getByRole('heading', { name: 'From version 1 to version 2' }).waitFor();
    await page.locator('.groups a').first().waitFor();
    await console.shoot('guestbook-versions');
    await page.getByRole('button', { name: 'Roll back to version 1' }).click();
    const dialog = page.getByRole('dialog', { name: 'Roll back to version 1' });
    await dialog.getByLabel('Token').fill('wrong');
    await dialog.getByRole('button', { name: 'Unlock' }).click();
    await dialog.getByText('That is not the token.').waitFor();
    // The browser itself says of every refused request that it was refused.
    console.complaints.length = 0;
    await dialog.getByLabel('Token').fill(TOKEN);
    await dialog.getByRole('button', { name: 'Unlock' }).click();
    await dialog.getByRole('button', { name: 'Roll back', exact: true }).click();
    await page.getByText('A rollback stands').waitFor();
    await page.getByRole('row', { name: /^3 served/ }).waitFor();
    await console.shoot('guestbook-rolled-back');
    expect((await send(`${edge}/v2/x`, { headers: HOST })).text).toContain('frontend-v2');
    await console.go('/timeline');
    await page.getByRole('link', { name: 'Version 3' }).waitFor();
    console.expectNoComplaints();
    await console.close();
  });

  it('goes on showing the last that it knew when the control plane is gone, and says so', async () => {
    const console = await ConsolePage.open(browser, base);
    await console.go('/services');
    const { page } = console;
    await page.getByRole('link', { name: 'frontend' }).waitFor();
    await page.route('**/api/**', (route) => route.abort());
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await page.getByText('No answer from the control plane').waitFor();
    expect(await page.getByRole('link', { name: 'frontend' }).count()).toBe(1);
    await console.close();
  });
});
