import { existsSync } from 'node:fs';
import chromium from '@sparticuz/chromium';
import { type Browser, chromium as playwright } from 'playwright-core';

const DEBIANS = '/usr/bin/chromium';

/** A real Chromium: Debian's where it is installed, else the one that comes as a package. It calls nobody by itself. */
export async function launchChromium(): Promise<Browser> {
  return playwright.launch({
    executablePath: existsSync(DEBIANS) ? DEBIANS : await chromium.executablePath(),
    args: ['--no-sandbox', '--headless', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
    timeout: 120_000,
  });
}
