import type { PathNormalization } from '../../engine/normalize-path.ts';
import type { PolicyScope } from '../../engine/policy-config.ts';
import type { CertainEnvironment } from '../../engine/possible-decisions.ts';
import { type CheckedRequest, checkRequest, type PolicyCheck } from './check-request.ts';
import { mutatePath, type PathMutation } from './mutate-path.ts';

export interface FlippedVerdict extends PathMutation {
  readonly check: PolicyCheck;
  /** Refused as it stands, let through when spelled so: what an attacker looks for. */
  readonly isBypass: boolean;
  /** The weakest pathNormalization under which the verdict no longer flips. */
  readonly closedBy: PathNormalization | undefined;
}

const STRONGER: readonly PathNormalization[] = ['BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES'];

/** Every other spelling of the path on which the policies change their mind. */
export async function fuzzPath(
  scope: PolicyScope,
  request: CheckedRequest,
  mode: PathNormalization,
  env: CertainEnvironment,
): Promise<{ readonly tried: number; readonly flips: readonly FlippedVerdict[] }> {
  const base = await checkRequest(scope, request, mode, env);
  const mutations = mutatePath(request.facts.rawPath);
  const flips: FlippedVerdict[] = [];
  for (const mutation of mutations) {
    const mutated = { ...request, facts: { ...request.facts, rawPath: mutation.path } };
    const check = await checkRequest(scope, mutated, mode, env);
    if (check.verdict === base.verdict) continue;
    const isBypass = check.verdict === 'allow';
    flips.push({ ...mutation, check, isBypass, closedBy: await closedBy(scope, mutated, mode, env, base.verdict) });
  }
  return { tried: mutations.length, flips: flips.sort((a, b) => Number(b.isBypass) - Number(a.isBypass)) };
}

async function closedBy(
  scope: PolicyScope,
  request: CheckedRequest,
  mode: PathNormalization,
  env: CertainEnvironment,
  wanted: PolicyCheck['verdict'],
): Promise<PathNormalization | undefined> {
  for (const stronger of STRONGER.slice(STRONGER.indexOf(mode) + 1)) {
    const check = await checkRequest(scope, request, stronger, env);
    if (check.verdict === wanted) return stronger;
  }
  return undefined;
}
