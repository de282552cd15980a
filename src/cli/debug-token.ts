import { type Command, InvalidArgumentError } from 'commander';
import { CompactSign } from 'jose/jws/compact/sign';
import { DEBUG_TOKEN_TYPE, debugAudience, MAX_DEBUG_TOKEN_LIFETIME_S } from '../edge/explain/live-explanation.ts';
import { openSigningKey } from './signing-key.ts';

export interface DebugTokenOptions {
  readonly debugKey: string;
  readonly createDebugKey?: boolean;
  readonly mesh: string;
}

/** `MESH` of an edge that is told no other name. */
const DEFAULT_MESH = 'foresail';

export function addMeshNameOption(command: Command): Command {
  return command.option('--mesh <name>', "the edge's variable MESH", DEFAULT_MESH);
}

export async function makeDebugToken(options: DebugTokenOptions, lifetimeS: number): Promise<string> {
  const { privateKey } = await openSigningKey({
    file: options.debugKey,
    variable: 'DEBUG_PUBLIC_KEY',
    createOption: '--create-debug-key',
    create: options.createDebugKey ?? false,
  });
  const nowS = Math.floor(Date.now() / 1000);
  const claims = { aud: debugAudience(options.mesh), iat: nowS, exp: nowS + lifetimeS };
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'EdDSA', typ: DEBUG_TOKEN_TYPE })
    .sign(privateKey);
}

/** `90s`, `10m`, or seconds. */
export function parseLifetimeS(text: string): number {
  const [, number = '', unit = ''] = /^(\d+)(s|m)?$/.exec(text) ?? [];
  const seconds = Number(number) * (unit === 'm' ? 60 : 1);
  if (number === '' || seconds < 1 || seconds > MAX_DEBUG_TOKEN_LIFETIME_S) {
    throw new InvalidArgumentError(`a time from 1s to ${MAX_DEBUG_TOKEN_LIFETIME_S / 60}m is needed`);
  }
  return seconds;
}
