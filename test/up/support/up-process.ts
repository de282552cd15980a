import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { SidecarsState } from '../../../src/control/up/sidecars/state.ts';

const MAIN = fileURLToPath(new URL('../../../src/cli/bin.js', import.meta.url));

export interface ReadyLine {
  readonly ready: true;
  readonly edge: string;
  readonly console: string;
  readonly metrics: string;
  readonly version: number;
  readonly upstreams: readonly {
    readonly cluster: string;
    readonly pods: readonly string[];
    readonly urls: string[];
  }[];
  readonly sidecars: SidecarsState;
  readonly findings: readonly { readonly code: string; readonly level: string; readonly message: string }[];
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `foresail up` as a user starts it. */
export class UpProcess {
  readonly folder = mkdtempSync(join(tmpdir(), 'foresail-up-'));
  readonly lines: unknown[] = [];
  readonly #child;
  readonly #ended: Promise<Ended>;
  #stdout = '';
  #stderr = '';

  constructor(
    files: Readonly<Record<string, string>>,
    args: readonly string[] = ['-o', 'json', '--edge-port', '0', '--console-port', '0'],
    env: Readonly<Record<string, string>> = {},
  ) {
    for (const [name, text] of Object.entries(files)) this.write(name, text);
    // A process group of its own, as a shell makes one: Ctrl-C goes to all of it.
    this.#child = spawn(process.execPath, [MAIN, 'up', this.folder, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      // Where sidecars are not what is tested, they would only take their time.
      env: { FORESAIL_SIDECARS: 'off', ...process.env, ...env },
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.#stdout += `${line}\n`;
      if (line.startsWith('{')) this.lines.push(JSON.parse(line));
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.#ended = once(this.#child, 'close').then(([code]) => ({ code, stdout: this.#stdout, stderr: this.#stderr }));
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  async ready(withinMs?: number): Promise<ReadyLine> {
    await this.until(() => this.lines.length > 0, withinMs);
    return this.lines[0] as ReadyLine;
  }

  async until(isTrue: () => boolean | Promise<boolean>, timeoutMs = 15_000): Promise<void> {
    const startedMs = performance.now();
    while (!(await isTrue())) {
      if (performance.now() - startedMs > timeoutMs || this.#child.exitCode !== null) {
        throw new Error(`it did not happen; stdout: ${this.#stdout} stderr: ${this.#stderr}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Process ids of the group, this process's own included. */
  processes(): number[] {
    const group = String(this.#child.pid);
    const table = execFileSync('ps', ['-eo', 'pid=,pgid=,stat='], { encoding: 'utf8' });
    return table
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, pgid, state]) => pgid === group && !state?.startsWith('Z'))
      .map(([pid]) => Number(pid));
  }

  /** To the whole group, as a terminal does it. */
  interrupt(): void {
    if (this.#child.pid !== undefined && this.#child.exitCode === null) process.kill(-this.#child.pid, 'SIGINT');
  }

  terminate(): void {
    this.#child.kill('SIGTERM');
  }

  async ended(): Promise<Ended> {
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.terminate();
    await this.#ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
