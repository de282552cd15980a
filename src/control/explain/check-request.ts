import type { RequestFacts } from '../../engine/facts.ts';
import type { VerifiedToken } from '../../engine/jwt/token.ts';
import { normalizePath, type PathNormalization } from '../../engine/normalize-path.ts';
import { preparedPolicies } from '../../engine/policies.ts';
import type { PolicyScope } from '../../engine/policy-config.ts';
import type { CertainEnvironment } from '../../engine/possible-decisions.ts';
import { loadRegexEngine, regexEngineLoaded } from '../../engine/regex/re2.ts';
import type { TraceStep } from '../../engine/trace.ts';
import type { ConfigOrigin } from '../../engine/values.ts';

export interface PolicyCheck {
  readonly verdict: 'allow' | 'deny';
  readonly status: number;
  readonly why: string;
  readonly origin: ConfigOrigin | undefined;
  /** Normalised: what policies compared, and what is forwarded. */
  readonly path: string;
  /** The external authorizer that would be asked first. */
  readonly asks: string | undefined;
  readonly steps: readonly TraceStep[];
}

export interface CheckedRequest {
  readonly facts: RequestFacts;
  /** Taken as verified; undefined: the scope's own token rules find out. */
  readonly token: VerifiedToken | undefined;
}

/** What one set of policies says of a request, in the order in which they are evaluated; routes play no part. */
export async function checkRequest(
  scope: PolicyScope,
  { facts, token }: CheckedRequest,
  mode: PathNormalization,
  env: CertainEnvironment,
): Promise<PolicyCheck> {
  const { tokens, authorizer, needsRegexEngine } = preparedPolicies(scope);
  if (needsRegexEngine && !regexEngineLoaded()) await loadRegexEngine();
  const steps: TraceStep[] = [];
  const tracer = { step: (step: TraceStep): void => void steps.push(step) };
  const path = normalizePath(facts.rawPath, mode);
  const plain = { facts, path, token, header: (name: string) => pseudoHeader(facts, path, name) };
  const custom = authorizer.custom(plain, tracer);
  const asks = custom.kind === 'ask' ? custom.provider.name : undefined;
  const common = { path, asks, steps };
  if (custom.kind === 'deny')
    return { ...common, verdict: 'deny', status: 403, why: custom.why, origin: custom.origin };
  const found =
    token === undefined && tokens !== undefined
      ? await tokens.verify({ facts, path }, { ...env, random: () => 0.5 }, tracer)
      : undefined;
  if (found?.kind === 'reject') {
    return { ...common, verdict: 'deny', status: found.status, why: found.why, origin: found.origin };
  }
  const request = {
    ...plain,
    token: token ?? found?.token,
    header: (name: string) => found?.override?.(name) ?? pseudoHeader(facts, path, name),
  };
  const verdict = authorizer.check(request, tracer);
  if (verdict.kind === 'deny') {
    return { ...common, verdict: 'deny', status: verdict.status, why: verdict.why, origin: verdict.origin };
  }
  const why =
    verdict.rule === undefined ? 'no ALLOW policy applies, and no DENY rule matches' : `ALLOW ${verdict.rule}`;
  return { ...common, verdict: 'allow', status: 200, why, origin: verdict.origin };
}

function pseudoHeader(facts: RequestFacts, path: string, name: string): string | null {
  switch (name) {
    case ':method':
      return facts.method;
    case ':authority':
    case 'host':
      return facts.authority;
    case ':path':
      return path;
    case ':scheme':
      return facts.scheme;
    default:
      return facts.header(name);
  }
}
