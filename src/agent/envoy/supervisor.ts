import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../ca/log.ts';
import { Backoff } from '../backoff.ts';
import { isRunning, markOf, type ProcessMark } from './running-process.ts';

export interface SupervisorOptions {
  readonly binary: string;
  readonly arguments: readonly string[];
  readonly bootstrap: unknown;
  /** For the bootstrap, and for what a next agent has to know of this Envoy. */
  readonly folder: string;
  readonly log: Log;
  readonly firstRestartMs?: number;
  readonly maxRestartMs?: number;
}

const STABLE_AFTER_MS = 60_000;
const WATCH_INTERVAL_MS = 250;
const MARK_FILE = 'envoy.json';

/**
 * Keeps one Envoy running. Envoy is a process of its own: an agent that died leaves it serving, and the next agent takes
 * it over as it is.
 */
export class EnvoySupervisor {
  readonly #options: SupervisorOptions;
  readonly #backoff: Backoff;
  readonly #text: string;
  #mark: ProcessMark | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopping = false;
  restarts = 0;
  adopted = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#backoff = new Backoff({ firstMs: options.firstRestartMs ?? 200, maxMs: options.maxRestartMs ?? 15_000 });
    this.#text = JSON.stringify(options.bootstrap);
  }

  get pid(): number | undefined {
    return this.#mark?.pid;
  }

  async start(): Promise<void> {
    mkdirSync(this.#options.folder, { recursive: true, mode: 0o700 });
    const left = this.#readLeft();
    if (left !== undefined && isRunning(left.mark)) {
      if (left.key === this.#key) {
        this.#options.log('envoy-adopted', { pid: left.mark.pid });
        this.adopted = true;
        this.#watch(left.mark);
        return;
      }
      this.#options.log('envoy-outdated', { pid: left.mark.pid });
      await end(left.mark, 5_000);
    }
    this.#spawn();
  }

  /** Ends Envoy, or leaves it to the next agent. */
  async stop({ timeoutMs = 5_000 }: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    if (this.#mark !== undefined) await end(this.#mark, timeoutMs);
    rmSync(this.#path(MARK_FILE), { force: true });
  }

  #spawn(): void {
    const { binary, log } = this.#options;
    const config = this.#path('bootstrap.json');
    writeFileSync(config, this.#text, { mode: 0o600 });
    const startedAtMs = Date.now();
    // In a group of its own: a Ctrl-C reaches the agent, which drains Envoy first.
    const child = spawn(binary, ['--config-path', config, ...this.#options.arguments], {
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
    });
    child.unref();
    const ended = (why: string): void => {
      this.#mark = undefined;
      if (this.#isStopping) return;
      if (Date.now() - startedAtMs > STABLE_AFTER_MS) this.#backoff.reset();
      this.#restart(why);
    };
    child.once('error', (error) => ended(error.message));
    child.once('exit', (code, signal) => ended(signal ?? `exit code ${code}`));
    this.#remember(child);
    if (child.pid !== undefined) log('envoy-started', { pid: child.pid });
  }

  #restart(why: string): void {
    const inMs = Math.round(this.#backoff.next());
    this.#options.log('envoy-ended', { why, restartInMs: inMs });
    this.#timer = setTimeout(() => {
      this.restarts += 1;
      this.#spawn();
    }, inMs);
  }

  /** Of a process that is not our child we hear no exit. */
  #watch(mark: ProcessMark): void {
    this.#mark = mark;
    this.#timer = setTimeout(() => {
      if (isRunning(mark)) {
        this.#watch(mark);
        return;
      }
      this.#mark = undefined;
      this.#restart('it is gone');
    }, WATCH_INTERVAL_MS);
  }

  #remember({ pid }: ChildProcess): void {
    if (pid === undefined) return;
    this.#mark = markOf(pid);
    if (this.#mark === undefined) return;
    const temporary = this.#path(`.${MARK_FILE}`);
    writeFileSync(temporary, JSON.stringify({ mark: this.#mark, key: this.#key }), { mode: 0o600 });
    renameSync(temporary, this.#path(MARK_FILE));
  }

  #readLeft(): { readonly mark: ProcessMark; readonly key: string } | undefined {
    try {
      return JSON.parse(readFileSync(this.#path(MARK_FILE), 'utf8')) as { mark: ProcessMark; key: string };
    } catch {
      return undefined;
    }
  }

  /** What an Envoy runs with; one that was started with something else is not taken over. */
  get #key(): string {
    const { binary, arguments: args } = this.#options;
    return createHash('sha256')
      .update(JSON.stringify([binary, args, this.#text]))
      .digest('hex');
  }

  #path(name: string): string {
    return join(this.#options.folder, name);
  }
}

async function end(mark: ProcessMark, timeoutMs: number): Promise<void> {
  signal(mark, 'SIGTERM');
  for (const deadlineMs = Date.now() + timeoutMs; Date.now() < deadlineMs; ) {
    if (!isRunning(mark)) return;
    await sleep(20);
  }
  signal(mark, 'SIGKILL');
}

function signal(mark: ProcessMark, name: NodeJS.Signals): void {
  try {
    if (isRunning(mark)) process.kill(mark.pid, name);
  } catch {
    // It ended in between.
  }
}
