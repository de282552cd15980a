import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { LinkError } from './link-state.ts';
import type { WranglerStep } from './wrangler-steps.ts';

export interface WranglerOptions {
  /** `--config`; undefined: the wrangler.toml of the current folder. */
  readonly config: string | undefined;
  /** `--env` */
  readonly environment: string | undefined;
}

/** Runs a step with the project's own wrangler; its output is passed on as it is, and given back. */
export async function runWrangler(
  step: WranglerStep,
  { config, environment }: WranglerOptions,
  onOutput: (text: string) => void,
): Promise<string> {
  const args = [
    ...step.arguments,
    ...(config === undefined ? [] : ['--config', config]),
    ...(environment === undefined ? [] : ['--env', environment]),
  ];
  const child = spawn(process.execPath, [wranglerMain(), ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    // It must not ask anything: its standard input is the secret.
    env: { ...process.env, CI: 'true', WRANGLER_SEND_METRICS: 'false' },
  });
  if (step.stdinFile === undefined) child.stdin.end();
  else createReadStream(step.stdinFile).pipe(child.stdin);
  child.stdin.on('error', () => {});
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => onOutput(bytes.toString()));
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (code === 0) return output;
  throw new LinkError(`wrangler could not ${step.what}`, {
    fix: 'See what it says above. `npx wrangler login`, or CLOUDFLARE_API_TOKEN, tells Cloudflare who you are.',
  });
}

function wranglerMain(): string {
  const manifest = createRequire(import.meta.url).resolve('wrangler/package.json');
  return join(dirname(manifest), 'bin', 'wrangler.js');
}
