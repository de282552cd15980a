import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { collect, startForesail } from './run-foresail.ts';

const BIN = fileURLToPath(new URL('../../src/cli/bin.js', import.meta.url));
const TIMEOUT = { timeout: 60_000 };

let folder: string;
let yaml: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'foresail-terminal-'));
  yaml = join(folder, 'mesh');
  await mkdir(yaml);
  const namespaces = Array.from(
    { length: 2_000 },
    (_, i) => `{ apiVersion: v1, kind: Namespace, metadata: { name: n${i} } }`,
  );
  await writeFile(join(yaml, 'namespaces.yaml'), namespaces.join('\n---\n'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What becomes of a command at a Ctrl-C. */
async function interrupt(args: readonly string[], isReady: (output: string) => boolean) {
  const child = startForesail(args);
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  await vi.waitFor(() => expect(isReady(stdout.text + stderr.text)).toBe(true), TIMEOUT);
  const before = stderr.text;
  child.kill('SIGINT');
  return { code: await closed, said: stderr.text.slice(before.length) };
}

describe('Ctrl-C ends with 130 and says nothing', () => {
  it('to syncer', async () => {
    const run = await interrupt(['syncer', yaml, '--store', `folder:${join(folder, 'store')}`], (output) =>
      output.includes('published version 1'),
    );
    expect(run).toEqual({ code: 130, said: '' });
  });

  it('to dashboard', async () => {
    const run = await interrupt(['dashboard', yaml, '--no-open', '--console-port', '0'], (output) =>
      output.includes('http://localhost:'),
    );
    expect(run).toEqual({ code: 130, said: '' });
  });

  it('to logs, although the edge does not answer', async () => {
    let asked = 0;
    const server = createServer((_request, response) => {
      asked++;
      if (asked === 1) response.setHeader('content-type', 'application/json').end('[]');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const run = await interrupt(['logs', '-f', '--url', `http://127.0.0.1:${port}`], () => asked > 1);
    server.closeAllConnections();
    server.close();
    expect(run).toEqual({ code: 130, said: '' });
  });
});

const shell = (script: string, env: Readonly<Record<string, string>> = {}) =>
  promisify(execFile)('sh', ['-c', script], {
    env: { PATH: process.env.PATH ?? '', NODE: process.execPath, BIN, YAML: yaml, TERM: 'xterm-256color', ...env },
    maxBuffer: 1 << 26,
  });

describe('on a terminal and in a pipe', () => {
  it('a reader that has enough is no error', async () => {
    for (const format of ['log', 'json', 'github']) {
      const run = await shell(`"$NODE" "$BIN" analyze "$YAML" -o ${format} | head -1`);
      expect({ lines: run.stdout.trimEnd().split('\n').length, stderr: run.stderr }).toEqual({ lines: 1, stderr: '' });
    }
  });

  it('has colours on a terminal only, and none with NO_COLOR', async () => {
    const command = `"$NODE" "$BIN" analyze "$YAML"`;
    const onTerminal = `script -qec '${command}' /dev/null`;
    const sequence = '\u001b[';
    expect((await shell(onTerminal)).stdout).toContain(sequence);
    expect((await shell(onTerminal, { NO_COLOR: '1' })).stdout).not.toContain(sequence);
    expect((await shell(command)).stdout).not.toContain(sequence);
    expect((await shell(`${command} --color`)).stdout).toContain(sequence);
  });
});
