import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import type { RequestView } from '../../src/control/console/wire.ts';
import { describeWithEnvoy } from '../support/needs.ts';
import { UpProcess } from '../up/support/up-process.ts';
import { launchChromium } from './support/browser.ts';
import { ConsolePage, load, sampleFolder, UP_ARGS } from './support/console-page.ts';

const TIMEOUT_MS = 300_000;
const HOST = { host: 'bookinfo.localhost' };
const PHONE = { viewport: { width: 390, height: 844 } };

describeWithEnvoy('the console of bookinfo with sidecars under load', (test) => {
  let browser: Browser;
  let up: UpProcess;
  let base: string;
  let traffic: { stop(): Promise<void> };

  beforeAll(async () => {
    up = new UpProcess({}, [...UP_ARGS, '--run', '--sidecars', 'required', sampleFolder('bookinfo')]);
    browser = await launchChromium();
    const ready = await up.ready(TIMEOUT_MS);
    base = ready.console;
    traffic = load(ready.edge, [{ path: '/productpage', headers: HOST }]);
  }, TIMEOUT_MS);

  afterAll(async () => {
    await traffic?.stop();
    await browser?.close();
    await up?.[Symbol.asyncDispose]();
  }, TIMEOUT_MS);

  test(
    'draws who calls whom, from the edge over the gateway to the pods, with the locks that were spoken',
    async () => {
      const console = await ConsolePage.open(browser, base);
      await console.go('/graph?calls=open');
      const { page } = console;
      const row = (name: RegExp) => page.getByRole('table', { name: 'Calls' }).getByRole('row', { name }).first();
      for (const call of [
        /cluster-gateway \(gateway\) productpage \(service\) .*\/s .* yes/,
        /productpage \(service\) reviews \(service\) .*\/s .* yes/,
        /reviews \(service\) reviews-v3 \(workload\) .*\/s .* yes/,
        /reviews-v3 \(workload\) ratings \(service\) .*\/s .* yes/,
      ]) {
        await row(call).waitFor();
      }
      await row(/Edge \(edge\) cluster-gateway \(gateway\) .*\/s/).waitFor();
      await console.shoot('sidecars-graph');
      console.expectNoComplaints();
      await console.close();
    },
    TIMEOUT_MS,
  );

  test(
    'joins what edge, gateway and sidecars tell of one request, and leads to its explanation',
    async () => {
      const console = await ConsolePage.open(browser, base);
      await console.go('/requests?live=off');
      const { page } = console;
      await page
        .getByRole('link', { name: /GET bookinfo\.localhost\/productpage/ })
        .first()
        .click();
      await page.getByText('everything that is told of request').waitFor();
      const id = new URL(page.url()).searchParams.get('requestId') ?? '';
      const told = async (): Promise<string[]> => {
        const views = (await (await fetch(`${base}/api/requests?requestId=${id}`)).json()) as RequestView[];
        return views.map(({ reporter, instance }) => `${reporter} ${instance}`);
      };
      for (const line of ['gateway cluster-gateway', 'sidecar productpage-v1 in', 'sidecar productpage-v1 out']) {
        await expect.poll(told, { timeout: 60_000 }).toContain(line);
      }
      await page
        .getByRole('link', { name: /^Explain GET/ })
        .first()
        .click();
      await page.getByRole('heading', { name: 'Explain' }).waitFor();
      console.expectNoComplaints();
      await console.close();
    },
    TIMEOUT_MS,
  );

  test(
    'shows the certificates of the authority and of every proxy',
    async () => {
      const console = await ConsolePage.open(browser, base);
      await console.go('/certificates');
      await console.page.getByRole('row', { name: /authority of the mesh/ }).waitFor();
      await console.page.getByRole('row', { name: /bookinfo\/reviews-v2 workload spiffe:/ }).waitFor();
      await console.go('/clusters');
      await console.page.getByRole('row', { name: /cluster-gateway \(gateway\)/ }).waitFor();
      console.expectNoComplaints();
      await console.close();
    },
    TIMEOUT_MS,
  );

  test(
    'gives all of a row of a long list to whoever has no mouse',
    async () => {
      const console = await ConsolePage.open(browser, base);
      await console.go('/requests?live=off&at=all');
      const { page } = console;
      await page.waitForFunction(() => document.querySelector('table.even') !== null);
      await page.locator('tbody tr[tabindex]').first().focus();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      const detail = page.getByRole('region', { name: 'The row in full' });
      await detail.waitFor();
      expect(await detail.textContent()).toMatch(/Request.*GET/);
      await detail.getByRole('button', { name: 'Close the row' }).click();
      await detail.waitFor({ state: 'detached' });
      console.expectNoComplaints();
      await console.close();
    },
    TIMEOUT_MS,
  );

  test(
    'draws its charts under a locale that Intl refuses, and fits a phone',
    async () => {
      const console = await ConsolePage.open(browser, base, PHONE);
      await console.page.addInitScript(() => {
        Object.defineProperty(navigator, 'language', { value: 'en-US@posix', configurable: true });
      });
      await console.go('/timeline');
      await console.page.locator('.chart canvas').first().waitFor();
      for (const view of ['/graph', '/requests', '/timeline', '/certificates']) {
        await console.go(view);
        const tooWide = await console.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect({ view, tooWide }).toEqual({ view, tooWide: 0 });
        await console.shoot(`sidecars-phone${view.replaceAll('/', '-')}`);
      }
      console.expectNoComplaints();
      await console.close();
    },
    TIMEOUT_MS,
  );
});
