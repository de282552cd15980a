import { type IncomingMessage, request } from 'node:http';
import type { Writable } from 'node:stream';
import type { EnvoyAdmin } from '../envoy/admin.ts';

/** Where the application has its own figures: what its annotations prometheus.io/{port,path} said before injection. */
export interface AppMetrics {
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

export interface MergeOptions {
  readonly admin: EnvoyAdmin;
  readonly app: AppMetrics | undefined;
  readonly ownText: () => string;
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 5_000;
const MAX_APP_BYTES = 64 * 1024 * 1024;

/** Envoy's, the application's and the agent's figures in one page. They pass through; a part that fails is left out. */
export async function writeMergedMetrics(into: Writable, options: MergeOptions): Promise<void> {
  const { admin, app, ownText, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const failed: string[] = [];
  const append = async (name: string, open: () => Promise<IncomingMessage>): Promise<void> => {
    try {
      await appendLines(into, await open());
    } catch {
      failed.push(name);
    }
  };
  await append('envoy', () => admin.open('GET', '/stats/prometheus', timeoutMs));
  if (app !== undefined) await append('application', () => openApp(app, timeoutMs));
  into.write(ownText());
  const series = ['envoy', 'application'].map(
    (name) => `foresail_agent_scrape_failed{of="${name}"} ${failed.includes(name) ? 1 : 0}\n`,
  );
  into.write(`# TYPE foresail_agent_scrape_failed gauge\n${series.join('')}`);
}

/** Whole lines only, also where a source breaks off, and without the end mark of OpenMetrics. */
async function appendLines(into: Writable, source: IncomingMessage): Promise<void> {
  if (source.statusCode !== 200) {
    source.destroy();
    throw new Error(`status ${source.statusCode}`);
  }
  let rest = '';
  let bytes = 0;
  source.setEncoding('utf8');
  for await (const chunk of source as AsyncIterable<string>) {
    bytes += chunk.length;
    if (bytes > MAX_APP_BYTES) throw new Error('too long');
    const text = rest + chunk;
    const end = text.lastIndexOf('\n') + 1;
    rest = text.slice(end);
    const lines = text.slice(0, end).replace(/^# EOF\n/m, '');
    if (lines !== '' && !into.write(lines)) await drained(into);
  }
  if (rest !== '' && rest !== '# EOF') into.write(`${rest}\n`);
}

function drained(into: Writable): Promise<void> {
  return new Promise((resolve, reject) => {
    into.once('drain', resolve);
    into.once('close', () => reject(new Error('the scraper has left')));
  });
}

function openApp({ host, port, path }: AppMetrics, timeoutMs: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { accept: 'text/plain;version=0.0.4;q=1,*/*;q=0.1' };
    request({ host, port, path, headers, agent: false, signal: AbortSignal.timeout(timeoutMs) }, resolve)
      .on('error', reject)
      .end();
  });
}
