import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UpProcess } from '../up/support/up-process.ts';
import { launchChromium } from './support/browser.ts';
import { ConsolePage, load, sampleFiles, UP_ARGS, VIEWS } from './support/console-page.ts';

const HOST = { host: 'bookinfo.localhost' };
const TIMEOUT_MS = 240_000;

describe('the console of bookinfo under load', { timeout: TIMEOUT_MS }, () => {
  let browser: Browser;
  let up: UpProcess;
  let base: string;
  let traffic: { stop(): Promise<void> };

  beforeAll(async () => {
    const broken = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: broken, namespace: bookinfo }
spec:
  hosts: [broken.localhost]
  gateways: [no-such-gateway]
  http: [{ match: [{ uri: { prefx: /a } }], route: [{ destination: { host: nobody } }] }]
`;
    up = new UpProcess({ ...sampleFiles('bookinfo'), 'broken.yaml': broken }, UP_ARGS);
    browser = await launchChromium();
    const ready = await up.ready();
    base = ready.console;
    traffic = load(ready.edge, [
      { path: '/productpage', headers: HOST },
      { path: '/api/v1/products/0/reviews', headers: HOST },
      { path: '/nothing', headers: HOST },
    ]);
  }, TIMEOUT_MS);

  afterAll(async () => {
    await traffic.stop();
    await browser.close();
    await up[Symbol.asyncDispose]();
  });

  it('shows every view without a complaint of the browser', async () => {
    const console = await ConsolePage.open(browser, base);
    for (const view of VIEWS) {
      await console.go(view);
      await console.shoot(`bookinfo-light${view.replaceAll('/', '-')}`);
    }
    console.expectNoComplaints();
    await console.close();
  });

  it('leads from a finding to the object, with the field marked', async () => {
    const console = await ConsolePage.open(browser, base);
    await console.go('/findings');
    const { page } = console;
    const row = page.getByRole('row', { name: /prefx/ }).first();
    await row.waitFor();
    expect(await row.textContent()).toContain('broken.yaml:7');
    await console.shoot('bookinfo-findings');
    console.expectNoComplaints();
    await console.close();
  });

  it('filters a list by what is typed, and the address remembers it', async () => {
    const console = await ConsolePage.open(browser, base);
    await console.go('/services');
    const { page } = console;
    await page.getByRole('searchbox', { name: 'Filter services' }).fill('revi');
    await page.getByRole('status').filter({ hasText: '1 row' }).waitFor();
    expect(new URL(page.url()).searchParams.get('filter')).toBe('revi');
    await page.getByRole('searchbox').fill('nothing like it');
    await page.getByText('Nothing fits the filter').waitFor();
    console.expectNoComplaints();
    await console.close();
  });
});
