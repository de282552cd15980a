import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { sampleFolder } from './load-sample.ts';

export interface RunningApp {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a sample's program as `up` does: in the sample's folder, PORT and the rest in the environment. */
export async function runApp(
  sample: string,
  program: string,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningApp> {
  const child = spawn(process.execPath, [`app/${program}.ts`], {
    cwd: sampleFolder(sample),
    env: { PATH: process.env.PATH, PORT: '0', HOST: '127.0.0.1', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) {
    const [, port] = /listens on port (\d+)/.exec(line) ?? [];
    if (port === undefined) continue;
    return {
      url: `http://127.0.0.1:${port}`,
      async stop() {
        child.kill();
        await gone;
      },
    };
  }
  throw new Error(`${program} ended before it listened`);
}
