import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import { send } from '../../edge/support/client.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const ARTIFACTS = join(ROOT, 'test', 'artifacts');
/** Two cores for a browser, an edge and everybody else. */
const PATIENCE_MS = 60_000;

export const TOKEN = 'the-token-of-the-test';
export const UP_ARGS = ['-o', 'json', '--edge-port', '0', '--console-port', '0', '--console-token', TOKEN];

/** Of a sample, with its programs. */
export function sampleFolder(name: string): string {
  return join(ROOT, 'config', 'samples', name);
}

/** The YAML of a sample, as files of a folder. */
export function sampleFiles(name: string): Record<string, string> {
  const folder = sampleFolder(name);
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
  return Object.fromEntries(files.map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
}

/** A page of the console that fails the test by whatever the browser complains of. */
export class ConsolePage {
  readonly page: Page;
  readonly complaints: string[] = [];
  readonly foreign: string[] = [];
  readonly #base: string;

  private constructor(page: Page, base: string) {
    this.page = page;
    this.#base = base;
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(error.stack ?? error.message));
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(base) && !url.startsWith('data:')) this.foreign.push(url);
    });
  }

  static async open(browser: Browser, base: string, options: BrowserContextOptions = {}): Promise<ConsolePage> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-US', ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    return new ConsolePage(page, base);
  }

  async go(path: string): Promise<void> {
    await this.page.goto(this.#base + path);
    await this.page.locator('main h1').waitFor();
    await this.page.waitForFunction(() => document.querySelector('.waiting, .graph-wait') === null);
  }

  /** Kept as an artefact, for people to look at. */
  async shoot(name: string): Promise<void> {
    mkdirSync(ARTIFACTS, { recursive: true });
    await this.page.screenshot({ path: join(ARTIFACTS, `${name}.png`) });
  }

  expectNoComplaints(): void {
    expect(this.complaints).toEqual([]);
    expect(this.foreign).toEqual([]);
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}

/** Requests of all sorts, until stopped. */
export function load(
  edge: string,
  requests: readonly { readonly path: string; readonly method?: string; readonly headers: Record<string, string> }[],
): { stop(): Promise<void> } {
  let isOn = true;
  const run = async (): Promise<void> => {
    while (isOn) {
      for (const { path, method = 'GET', headers } of requests) {
        if (isOn) await send(edge + path, { method, headers }).catch(() => undefined);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const running = run();
  return {
    stop: () => {
      isOn = false;
      return running;
    },
  };
}

/** Every view that needs nothing chosen. */
export const VIEWS = [
  '/',
  '/graph',
  '/requests',
  '/timeline',
  '/explain',
  '/findings',
  '/versions',
  '/services',
  '/workloads',
  '/routes',
  '/policies',
  '/certificates',
  '/resources',
  '/edges',
  '/clusters',
] as const;
