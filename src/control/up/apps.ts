import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AppSpec } from './app-specs.ts';
import { freePort } from './free-port.ts';

interface App {
  readonly spec: AppSpec;
  readonly port: number;
  readonly child: ChildProcess;
  isOver: boolean;
}

const LISTEN_WITHIN_MS = 5_000;
const STOP_WITHIN_MS = 2_000;

/** The programs that play pods: started when the resources ask for them, stopped when they no longer do. */
export class Apps {
  readonly #apps = new Map<string, App>();
  readonly #onLine: (line: string) => void;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
    // Also when this process leaves in a hurry, nothing stays behind.
    process.on('exit', () => {
      for (const { child } of this.#apps.values()) if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
    });
  }

  /** URL of a program that runs; undefined: none of that name. */
  urlOf(key: string): string | undefined {
    const app = this.#apps.get(key);
    return app === undefined || app.isOver ? undefined : `http://127.0.0.1:${app.port}`;
  }

  /** Resolves when the new ones listen, or have had their time to. */
  async sync(specs: readonly AppSpec[], envOf: (key: string) => Readonly<Record<string, string>>): Promise<void> {
    const wanted = new Map(specs.map((spec) => [spec.key, spec]));
    for (const [key, app] of this.#apps) {
      const spec = wanted.get(key);
      if (spec !== undefined && JSON.stringify(spec) === JSON.stringify(app.spec) && !app.isOver) continue;
      this.#apps.delete(key);
      await stopApp(app);
    }
    await Promise.all(
      specs.filter(({ key }) => !this.#apps.has(key)).map((spec) => this.#start(spec, envOf(spec.key))),
    );
  }

  async stop(): Promise<void> {
    const apps = [...this.#apps.values()];
    this.#apps.clear();
    await Promise.all(apps.map(stopApp));
  }

  async #start(spec: AppSpec, env: Readonly<Record<string, string>>): Promise<void> {
    const port = await freePort();
    const child = spawn(spec.command, {
      cwd: spec.folder,
      // A group of its own: a shell does not pass signals on.
      detached: true,
      shell: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        // `node` is the one that runs this.
        PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
        ...env,
        ...spec.env,
        PORT: String(port),
        HOST: '127.0.0.1',
      },
    });
    const app: App = { spec, port, child, isOver: false };
    this.#apps.set(spec.key, app);
    const name = spec.key.slice(spec.key.indexOf('/') + 1);
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => this.#onLine(`[${name}] ${line}`));
    }
    child.on('error', (error) => this.#onLine(`[${name}] cannot be run: ${error.message}`));
    child.on('exit', (code, signal) => {
      app.isOver = true;
      if (this.#apps.get(spec.key) === app) this.#onLine(`[${name}] has ended (${signal ?? code}): ${spec.command}`);
    });
    await listening(app);
  }
}

async function listening(app: App): Promise<void> {
  const deadlineMs = performance.now() + LISTEN_WITHIN_MS;
  while (!app.isOver && performance.now() < deadlineMs) {
    if (await canConnect(app.port)) return;
    await sleep(20);
  }
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

async function stopApp({ child, isOver }: App): Promise<void> {
  if (isOver || child.pid === undefined) return;
  const ended = once(child, 'exit');
  signalGroup(child.pid, 'SIGTERM');
  const timer = new AbortController();
  await Promise.race([ended, sleep(STOP_WITHIN_MS, undefined, { signal: timer.signal }).catch(() => {})]);
  timer.abort();
  signalGroup(child.pid, 'SIGKILL');
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has gone already.
  }
}
