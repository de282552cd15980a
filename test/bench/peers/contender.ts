import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpuMsOf, residentMbOf } from '../edge-processes.ts';

/** A proxy, ready to take the requests of a scenario. */
export interface Contender {
  readonly name: string;
  readonly port: number;
  /** Undefined: what it costs cannot be told apart from the benchmark itself. */
  readonly usage: (() => Usage) | undefined;
  stop(): Promise<void>;
}

export interface Usage {
  readonly cpuMs: number;
  readonly residentMb: number;
}

/** A program of its own that has been started for one contender; resolves once it takes connections. */
export async function startProgram(
  name: string,
  port: number,
  command: string,
  args: readonly string[],
): Promise<Contender> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  await listening(port, () => (child.exitCode === null ? undefined : `${name} ended: ${errors}`));
  return contenderOf(name, port, child);
}

export function contenderOf(name: string, port: number, child: ChildProcess): Contender {
  const pid = child.pid ?? 0;
  return {
    name,
    port,
    usage: () => ({ cpuMs: cpuMsOf(pid), residentMb: residentMbOf(pid) }),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

const PATIENCE_MS = 20_000;
const POLL_MS = 5;

export async function listening(port: number, failure: () => string | undefined = () => undefined): Promise<void> {
  for (const startedMs = performance.now(); ; ) {
    const failed = failure();
    if (failed !== undefined) throw new Error(failed);
    try {
      await (await fetch(`http://127.0.0.1:${port}/`)).arrayBuffer();
      return;
    } catch (error) {
      if (performance.now() - startedMs > PATIENCE_MS) throw error;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}
