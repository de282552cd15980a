import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AgentOptions } from './agent-options.ts';

export const AGENT_OPTIONS_VARIABLE = 'FORESAIL_AGENT';
export const WARM_UP_ARGUMENT = '--warm-up';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

/** An agent holds a few certificates: a heap that is collected often costs it nothing and saves its neighbours memory. */
const NODE_FLAGS = ['--max-old-space-size=48', '--max-semi-space-size=1', '--optimize-for-size', '--v8-pool-size=1'];

export interface LeanProcess {
  readonly file: string;
  readonly arguments: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * How to run an agent in a process of its own that has loaded nothing else, the compiler that strips the types (28 MB)
 * included: what it makes is cached, and where there is no cache yet, a process that ends at once fills it.
 */
export function leanProcess(options: AgentOptions): LeanProcess {
  const cache = process.env.NODE_COMPILE_CACHE ?? join(options.folder, 'node-cache');
  const lean = {
    file: process.execPath,
    arguments: [...NODE_FLAGS, MAIN],
    env: {
      ...inherited(),
      [AGENT_OPTIONS_VARIABLE]: JSON.stringify(options),
      NODE_COMPILE_CACHE: cache,
      UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? '2',
    },
  };
  // The cache is one for each set of flags, so only a process with the same ones can fill it.
  if (!existsSync(cache)) spawnSync(lean.file, [...lean.arguments, WARM_UP_ARGUMENT], { env: lean.env });
  return lean;
}

function inherited(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
