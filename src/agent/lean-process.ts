import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AgentOptions } from './agent-options.ts';

export const AGENT_OPTIONS_VARIABLE = 'FORESAIL_AGENT';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

/** An agent holds a few certificates: a heap that is collected often costs it nothing and saves its neighbours memory. */
const NODE_FLAGS = ['--max-old-space-size=48', '--max-semi-space-size=1', '--optimize-for-size', '--v8-pool-size=1'];

/** How to run an agent in a process of its own that has loaded nothing else. */
export function leanProcess(options: AgentOptions): {
  readonly file: string;
  readonly arguments: readonly string[];
  readonly env: Readonly<Record<string, string>>;
} {
  return {
    file: process.execPath,
    arguments: [...NODE_FLAGS, MAIN],
    env: {
      ...inherited(),
      [AGENT_OPTIONS_VARIABLE]: JSON.stringify(options),
      // Otherwise every start loads the compiler that strips the types, 20 MB of it.
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(options.folder, 'node-cache'),
      UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? '2',
    },
  };
}

function inherited(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
